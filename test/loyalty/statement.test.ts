/** The ledger of points as its fan reads it: what each entry is worth now, and that it all adds up. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate } from '../support/operations.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type Member, openTill, type Till } from './at-the-till.ts';

describe("a fan's statement of points", () => {
  let server: TestServer;
  let till: Till;
  beforeAll(async () => {
    server = await startTestServer();
    till = await openTill(server);
  });
  afterAll(() => server.close());

  const LOYALTY = 'loyalty { points pendingPoints heldPoints expiredPoints }';
  const ENTRY = 'kind points balance state pointsLeft expiresAt';
  const read = async ({ token }: Member) => {
    const { data } = await server.ask(
      token,
      `{ me { ${LOYALTY} pointsEntries(first: 50) { edges { node { ${ENTRY} } } } } }`,
    );
    const entries = data.me.pointsEntries.edges.map(({ node }: { node: object }) => node);
    return { ...data.me.loyalty, entries, sum: entries[0].balance };
  };
  const earn = ({ fanId }: Member, what: string, points: number, pendingDays: number, lifeDays: number | null) =>
    till.sql(`select points_earn(${fanId}, 'OFFER', '${what}:${fanId}', '', ${points}, ${pendingDays}, ${lifeDays})`);

  it('says which points are pending, confirmed, held, expired and reversed, and its balance is their sum', async () => {
    const fan = await till.enroll();
    await earn(fan, 'short', 5, 0, 0);
    await earn(fan, 'long', 40, 0, 30);
    await earn(fan, 'soon', 20, 7, 60);
    await earn(fan, 'undone', 8, 0, null);
    await till.sql(`select points_take_back('OFFER', 'undone:${fan.fanId}', 1, 1)`);
    const { rewardRedemption } = await till.take(fan, await till.reward(30));
    const { entries, sum, ...loyalty } = await read(fan);
    expect(loyalty).toEqual({ points: 10, pendingPoints: 20, heldPoints: 30, expiredPoints: 5 });
    expect(sum).toBe(10 + 20 + 5);
    expect(entries.map(({ expiresAt, balance, ...entry }: Record<string, unknown>) => Object.values(entry))).toEqual([
      ['HELD', -30, null, null],
      ['REVERSED', -8, null, null],
      ['EARNED', 8, 'CONFIRMED', 0],
      ['EARNED', 20, 'PENDING', 20],
      ['EARNED', 40, 'CONFIRMED', 10],
      ['EARNED', 5, 'EXPIRED', 5],
    ]);
    await till.honor(rewardRedemption.code);
    const after = await read(fan);
    expect([after.heldPoints, after.points, after.sum]).toEqual([0, 10, 35]);
  });

  it('says when points expire, and later where the fan was away meanwhile', async () => {
    const fan = await till.enroll();
    await earn(fan, 'for-ever', 1, 0, null);
    await earn(fan, 'long', 40, 0, 30);
    const expiry = async () => (await read(fan)).entries.map(({ expiresAt }: { expiresAt: string }) => expiresAt);
    const [before, never] = await expiry();
    expect(never).toBeNull();
    expect((Date.parse(before) - Date.now()) / 86_400_000).toBeCloseTo(30, 2);
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['LOYALTY'] });
    await mutate(server, fan.token, 'grantConsent', { scopes: ['LOYALTY'], policyVersion: '2026-1' });
    const [after] = await expiry();
    expect(Date.parse(after)).toBeGreaterThan(Date.parse(before));
  });
});
