/** Rewards as contracts: a point is spent once, a reward is handed over once, and what is returned comes back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { openTill, type Till } from './at-the-till.ts';

describe('a reward', () => {
  let server: TestServer;
  let till: Till;
  beforeAll(async () => {
    server = await startTestServer();
    till = await openTill(server);
  });
  afterAll(() => server.close());

  const pointsOf = async ({ token }: { token: string }) => (await till.loyaltyOf(token)).points;
  const withPoints = async (points: number) => {
    const fan = await till.enroll();
    await till.give(fan, points);
    return fan;
  };

  it('takes its points when it is issued, and is honored once', async () => {
    const fan = await withPoints(100);
    const { rewardRedemption: issued, fan: seen } = await till.take(fan, await till.reward(60));
    expect([issued.status, seen.loyalty.points]).toEqual(['ISSUED', 40]);
    expect(await till.honor(issued.code, 'first')).toMatchObject({
      rewardRedemption: { status: 'REDEEMED', code: null },
    });
    expect(await till.honor(issued.code, 'first')).toMatchObject({ rewardRedemption: { status: 'REDEEMED' } });
    expect(await till.honor(issued.code, 'second')).toMatchObject({ code: 'INVALID_STATE' });
    expect(await pointsOf(fan)).toBe(40);
    const list = '{ me { rewardRedemptions(first: 2) { edges { node { id status code reward { title } } } } } }';
    const { data } = await server.ask(fan.token, list);
    const node = { id: issued.id, status: 'REDEEMED', code: issued.code, reward: { title: 'A reward' } };
    expect(data.me.rewardRedemptions.edges).toEqual([{ node }]);
  });

  it.each(['ISSUED', 'REDEEMED'])('gives its points back when it is returned after %s', async (state) => {
    const fan = await withPoints(100);
    const rewardId = await till.reward(60, 1);
    const { rewardRedemption } = await till.take(fan, rewardId);
    expect(await till.take(fan, rewardId)).toMatchObject({ code: 'INVALID_STATE' });
    if (state === 'REDEEMED') await till.honor(rewardRedemption.code);
    const back = await Promise.all(
      Array.from({ length: 4 }, () => till.bringBack(rewardRedemption.code, `back-${state}`)),
    );
    expect(back.map((answer) => answer.rewardRedemption?.status)).toEqual(Array(4).fill('RETURNED'));
    expect(await till.bringBack(rewardRedemption.code)).toMatchObject({ code: 'INVALID_STATE' });
    expect(await till.honor(rewardRedemption.code)).toMatchObject({ code: 'INVALID_STATE' });
    expect(await pointsOf(fan)).toBe(100);
    expect(await till.take(fan, rewardId)).toMatchObject({ rewardRedemption: { status: 'ISSUED' } });
  });

  it('is issued once for one key, however often and by how many it is asked at once', async () => {
    const fan = await withPoints(100);
    const rewardId = await till.reward(30);
    const answers = await Promise.all(Array.from({ length: 8 }, () => till.take(fan, rewardId, 'once')));
    expect(new Set(answers.map((answer) => answer.rewardRedemption?.code)).size).toBe(1);
    expect(await pointsOf(fan)).toBe(70);
    expect(await till.take(fan, await till.reward(30), 'once')).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });

  it('is not issued twice for the same points by 64 who ask at once', async () => {
    const fan = await withPoints(100);
    const rewardId = await till.reward(30);
    const answers = await Promise.all(Array.from({ length: 64 }, () => till.take(fan, rewardId)));
    const won = answers.filter(({ code }) => code === undefined);
    expect(won).toHaveLength(3);
    expect(answers.filter(({ code }) => code === 'INVALID_STATE')).toHaveLength(61);
    expect(await pointsOf(fan)).toBe(10);
    expect(await till.sql(`select 1 from reward_redemption where fan_id = ${fan.fanId}`)).toHaveLength(3);
  }, 60_000);

  it('is issued no more often than it is there, to 32 fans who ask at once', async () => {
    const rewardId = await till.reward(30, 5);
    const fans = await Promise.all(Array.from({ length: 32 }, () => withPoints(30)));
    const answers = await Promise.all(fans.map((fan) => till.take(fan, rewardId)));
    expect(answers.filter(({ code }) => code === undefined)).toHaveLength(5);
    const balances = await Promise.all(fans.map(pointsOf));
    expect(balances.sort((a, b) => a - b)).toEqual([...Array(5).fill(0), ...Array(27).fill(30)]);
    const { data } = await server.ask(null, '{ rewards(first: 50) { edges { node { id left } } } }');
    expect(data.rewards.edges).toContainEqual({ node: { id: rewardId, left: 0 } });
  }, 60_000);

  it('is not issued for points that are pending, nor for more than there are', async () => {
    const fan = await withPoints(20);
    await till.sql(`select points_earn(${fan.fanId}, 'OFFER', 'pending-of-${fan.fanId}', '', 50, 7, null)`);
    expect(await till.loyaltyOf(fan.token)).toMatchObject({ points: 20, pendingPoints: 50 });
    expect(await till.take(fan, await till.reward(21))).toMatchObject({ code: 'INVALID_STATE' });
  });

  it('is not issued without LOYALTY: points are frozen, not forfeited; what was issued is honored', async () => {
    const fan = await withPoints(100);
    const { rewardRedemption } = await till.take(fan, await till.reward(60));
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['LOYALTY'] });
    expect(await till.take(fan, await till.reward(10))).toMatchObject({ code: 'CONSENT_REQUIRED' });
    expect(await till.loyaltyOf(fan.token)).toBeNull();
    expect(await till.honor(rewardRedemption.code)).toMatchObject({ rewardRedemption: { status: 'REDEEMED' } });
    await mutate(server, fan.token, 'grantConsent', { scopes: ['LOYALTY'], policyVersion: '2026-1' });
    expect(await pointsOf(fan)).toBe(40);
  });

  it('is not for a code that was guessed, nor for anybody but staff and tills to honor', async () => {
    const fan = await withPoints(60);
    const { rewardRedemption } = await till.take(fan, await till.reward(60));
    for (const code of ['reward:1', '', await till.showCode(fan.token)]) {
      expect(await till.honor(code)).toMatchObject({ code: 'NOT_FOUND' });
    }
    for (const by of [fan.token, await tokenOf('PARTNER', 'demo-partner')]) {
      expect(await till.honor(rewardRedemption.code, 'mine', by)).toMatchObject({ code: 'FORBIDDEN' });
    }
  });

  it('is listed while it can be had', async () => {
    const rewardId = await till.reward(1);
    const listed = async () => {
      const { data } = await server.ask(null, '{ rewards(first: 100) { edges { node { id title points } } } }');
      return data.rewards.edges.map((edge: { node: { id: string } }) => edge.node.id);
    };
    expect(await listed()).toContain(rewardId);
    const key = server.services.idsFor(null).key('Reward', rewardId, 'rewardId');
    await till.sql(`update reward set available_until = app_now() - interval '1 second' where id = ${key}`);
    expect(await listed()).not.toContain(rewardId);
    expect(await till.take(await withPoints(1), rewardId)).toMatchObject({ code: 'INVALID_STATE' });
  });
});
