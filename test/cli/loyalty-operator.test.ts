/** The operator sets up a loyalty program, and the running server follows it at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { setEarningRule, setProgram, setReward, setTier } from '../../src/loyalty/index.ts';
import { openTill, type Till } from '../loyalty/at-the-till.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('the operator', () => {
  let server: TestServer;
  let till: Till;
  beforeAll(async () => {
    server = await startTestServer();
    till = await openTill(server);
  });
  afterAll(() => server.close());

  const em = () => server.services.orm.em.fork();

  it('sets a tier, a rule and a reward, and sets them again otherwise', async () => {
    await till.setRules();
    const fan = await till.enroll();
    const rule = { code: 'per-dollar', source: 'PURCHASE', perAmount: 100, currency: 'USD' } as const;
    await setEarningRule(em(), { ...rule, points: '10' as never, capPoints: 500, capPeriod: 'DAY', pendingDays: 3 });
    await till.buy(fan, 10_000);
    expect(await till.loyaltyOf(fan.token)).toMatchObject({ points: 0, pendingPoints: 500 });
    await setEarningRule(em(), { ...rule, points: 20 });
    await setTier(em(), { code: 'SINGLE', name: 'Single', points: 900 });
    await setTier(em(), { code: 'SINGLE', name: 'Base hit', points: 2_000 });
    await till.buy(fan, 10_000);
    const { points, pendingPoints, tier, nextTier } = await till.loyaltyOf(fan.token);
    expect([points, pendingPoints]).toEqual([2_000, 500]);
    expect([tier, nextTier.code]).toEqual([{ code: 'SINGLE', name: 'Base hit' }, 'HOMER']);
    await setReward(em(), { code: 'mug', title: 'A mug', points: 700, stock: 5 });
    await setReward(em(), { code: 'mug', title: 'A mug', points: 650 });
    const { data } = await server.ask(null, '{ rewards(first: 20) { edges { node { title points left } } } }');
    expect(data.rewards.edges).toContainEqual({ node: { title: 'A mug', points: 650, left: null } });
  });

  it('says how refunds and seasons work, and leaves the rest as it was', async () => {
    await setProgram(em(), { refundPolicy: 'ONLY_PENDING' });
    await setProgram(em(), { qualification: 'SEASON', seasonMonth: 4, seasonDay: 1 });
    const [program] = await till.sql(
      'select refund_policy, qualification, season_month, time_zone from loyalty_program',
    );
    expect(Object.values(program!)).toEqual(['ONLY_PENDING', 'SEASON', 4, 'America/New_York']);
  });

  it.each([
    [
      'a rule by the amount of something that has none',
      () => setEarningRule(em(), { code: 'x', source: 'ATTENDANCE', points: 1, perAmount: 5 }),
    ],
    [
      'a rule for each so many of what is no streak',
      () => setEarningRule(em(), { code: 'x', source: 'ATTENDANCE', points: 1, every: 3 }),
    ],
    [
      'a rule for an action of what is no engagement',
      () => setEarningRule(em(), { code: 'x', source: 'PURCHASE', points: 1, action: 'VIEW' }),
    ],
    [
      'a rule for an action that nobody can take',
      () => setEarningRule(em(), { code: 'x', source: 'ENGAGEMENT', points: 1, action: 'DISMISS' as never }),
    ],
    [
      'a cap without a period',
      () => setEarningRule(em(), { code: 'x', source: 'ATTENDANCE', points: 1, capPoints: 5 }),
    ],
    [
      'points that die while they are pending',
      () => setEarningRule(em(), { code: 'x', source: 'ATTENDANCE', points: 1, pendingDays: 5, lifeDays: 5 }),
    ],
    ['a season that begins on the 30th', () => setProgram(em(), { seasonDay: 30 })],
    ['a time zone that is none', () => setProgram(em(), { timeZone: 'Mars/Base' })],
    ['a reward for nothing', () => setReward(em(), { code: 'free', title: 'Free', points: 0 })],
  ])('is refused %s', async (_, set) => {
    await expect(set()).rejects.toThrow(InputError);
  });
});
