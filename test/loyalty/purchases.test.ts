/** What a fan buys earns points where they consent to it, and what they give back takes exactly those away. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issueMemberCode } from '../../src/loyalty/index.ts';
import { mutate } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { openTill, type Till } from './at-the-till.ts';

describe('a purchase', () => {
  let server: TestServer;
  let till: Till;
  beforeAll(async () => {
    server = await startTestServer();
    till = await openTill(server);
    await till.setRules({ source: 'PURCHASE', points: 1, per_amount: 100, currency: 'USD' });
  });
  beforeEach(() => till.setPolicy('ALLOW_NEGATIVE'));
  afterAll(() => server.close());

  const pointsOf = async ({ token }: { token: string }) => (await till.loyaltyOf(token)).points;
  const stored = ({ fanId }: { fanId: string }) =>
    till.sql<{ total: number }>(`select total from purchase where fan_id = ${fanId}`);

  it('earns points for the fan who shows their code, and is on their list', async () => {
    const fan = await till.enroll();
    const { purchase, pointsEarned } = await till.buy(fan, 1_250);
    expect([purchase.total, purchase.currency, pointsEarned]).toEqual([1_250, 'USD', 12]);
    expect(await pointsOf(fan)).toBe(12);
    const { data } = await server.ask(
      fan.token,
      '{ me { purchases(first: 5) { edges { node { id total refunds { amount } } } } pointsEntries(first: 5) { edges { node { kind points source } } } } }',
    );
    expect(data.me.purchases.edges).toEqual([{ node: { id: purchase.id, total: 1_250, refunds: [] } }]);
    expect(data.me.pointsEntries.edges).toEqual([{ node: { kind: 'EARNED', points: 12, source: 'PURCHASE' } }]);
  });

  it('is recorded once, whatever the till repeats, and at once', async () => {
    const fan = await till.enroll();
    const key = { idempotencyKey: 'receipt-1' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => till.buy(fan, 500, key)));
    expect(new Set(answers.map((answer) => answer.purchase?.id)).size).toBe(1);
    expect(answers.map(({ pointsEarned }) => pointsEarned)).toEqual(Array(8).fill(5));
    expect(await stored(fan)).toEqual([{ total: 500 }]);
    expect(await till.buy(fan, 501, key)).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    const device = await tokenOf('DEVICE', 'demo-sensor');
    expect(await till.buy(fan, 501, key, device)).toMatchObject({ pointsEarned: 5 });
  });

  it('leaves nothing without HISTORY_PURCHASE, and says so', async () => {
    const fan = await till.enroll(['HISTORY_ATTENDANCE']);
    expect(await till.buy(fan, 500)).toMatchObject({ __typename: 'ConsentError', code: 'CONSENT_REQUIRED' });
    expect([await stored(fan), await pointsOf(fan)]).toEqual([[], 0]);
  });

  it('is recorded without LOYALTY, and earns nothing', async () => {
    const fan = await till.enroll();
    await till.buy(fan, 300);
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['LOYALTY'] });
    expect(await till.buy(fan, 500)).toMatchObject({ pointsEarned: 0 });
    await mutate(server, fan.token, 'grantConsent', { scopes: ['LOYALTY'], policyVersion: '2026-1' });
    expect(await pointsOf(fan)).toBe(3);
    expect(await stored(fan)).toHaveLength(2);
  });

  it('that is told late needs the consent of its own time, and earns only where LOYALTY was in force then', async () => {
    const fan = await till.enroll(['HISTORY_ATTENDANCE']);
    const at = new Date().toISOString();
    const consent = (act: 'grantConsent' | 'withdrawConsent', scope: string) =>
      mutate(server, fan.token, act, {
        scopes: [scope],
        ...(act === 'grantConsent' && { duration: 'STANDING', policyVersion: '2026-1' }),
      });
    expect(await till.buy(fan, 500, { at })).toMatchObject({ code: 'CONSENT_REQUIRED' });
    await consent('grantConsent', 'HISTORY_PURCHASE');
    expect(await till.buy(fan, 500, { at })).toMatchObject({ code: 'CONSENT_REQUIRED' });
    const held = new Date().toISOString();
    await consent('withdrawConsent', 'LOYALTY');
    await consent('withdrawConsent', 'HISTORY_PURCHASE');
    const between = new Date().toISOString();
    for (const scope of ['LOYALTY', 'HISTORY_PURCHASE']) await consent('grantConsent', scope);
    expect(await till.buy(fan, 700, { at: between })).toMatchObject({ code: 'CONSENT_REQUIRED' });
    expect(await till.buy(fan, 900, { at: held })).toMatchObject({ pointsEarned: 9 });
    await consent('withdrawConsent', 'LOYALTY');
    const left = new Date().toISOString();
    await consent('grantConsent', 'LOYALTY');
    expect(await till.buy(fan, 800, { at: left })).toMatchObject({ purchase: { total: 800 }, pointsEarned: 0 });
    expect([await stored(fan), await pointsOf(fan)]).toEqual([[{ total: 900 }, { total: 800 }], 9]);
  });

  it('at a game that the fan sat out leaves nothing, even when the till tells of it after the game', async () => {
    const fan = await till.enroll();
    const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    await till.sql(`update consent_grant set granted_at = '${ago(5)}' where fan_id = ${fan.fanId}`);
    await till.sql(`insert into venue (code, name, city, time_zone) values ('LATE', 'The past', 'X', 'UTC')`);
    await till.sql(`insert into staff (subject, venue_id) select 'late', id from venue where code = 'LATE'`);
    await till.sql(`with over as (
        insert into game (venue_id, starts_at, status, ended_at)
        select id, '${ago(4)}', 'FINAL', '${ago(1)}' from venue where code = 'LATE' returning id, session)
      insert into consent_pause (fan_id, game_id, session, lineage, at)
      select ${fan.fanId}, id, session, 1, '${ago(3)}' from over`);
    const staff = await tokenOf('STAFF', 'late');
    expect(await till.buy(fan, 500, { at: ago(2) }, staff)).toMatchObject({ code: 'CONSENT_REQUIRED' });
    expect(await till.buy(fan, 300, { at: ago(3.5) }, staff)).toMatchObject({ pointsEarned: 3 });
    expect([await stored(fan), await pointsOf(fan)]).toEqual([[{ total: 300 }], 3]);
  });

  it('leaves nothing at a game that the fan sits out', async () => {
    const fan = await till.enroll();
    await till.buy(fan, 300);
    await mutate(server, fan.token, 'pauseForGame', { gameId: till.gameId });
    expect(await till.buy(fan, 500)).toMatchObject({ code: 'CONSENT_REQUIRED' });
    expect([await stored(fan), await pointsOf(fan)]).toEqual([[{ total: 300 }], 3]);
  });

  it('is found by a code of this minute or the last, and by no other', async () => {
    const { fanId } = await till.enroll();
    const buyWith = (fanCode: string) =>
      mutate(server, till.staff, 'recordPurchase', {
        fanCode,
        total: 100,
        currency: 'USD',
        idempotencyKey: fanCode,
      });
    const codeAt = (ago: number) => issueMemberCode(server.services.codes, fanId, new Date(Date.now() - ago)).code;
    expect(await buyWith(codeAt(60_000))).toMatchObject({ pointsEarned: 1 });
    for (const code of [codeAt(180_000), codeAt(-120_000), 'member:1:1', '']) {
      expect(await buyWith(code)).toMatchObject({ code: 'BAD_INPUT' });
    }
    const reward = server.services.codes.seal(`reward:${fanId}`);
    expect(await buyWith(reward)).toMatchObject({ code: 'BAD_INPUT' });
  });

  it('is not for fans, partners or staff of another venue to record', async () => {
    const fan = await till.enroll();
    await till.sql(`insert into venue (code, name, city, time_zone) values ('X', 'Elsewhere', 'X', 'UTC')`);
    await till.sql(`insert into staff (subject, venue_id) select 'elsewhere', id from venue where code = 'X'`);
    const elsewhere = await tokenOf('STAFF', 'elsewhere');
    for (const by of [fan.token, await tokenOf('PARTNER', 'demo-partner')]) {
      expect(await till.buy(fan, 100, {}, by)).toMatchObject({ code: 'FORBIDDEN' });
    }
    const { data } = await server.ask(null, '{ venues(first: 5) { edges { node { id code } } } }');
    const venueId = data.venues.edges.find((edge: { node: { code: string } }) => edge.node.code === 'BOS07').node.id;
    expect(await till.buy(fan, 100, { venueId }, elsewhere)).toMatchObject({ code: 'FORBIDDEN' });
    const { purchase } = await till.buy(fan, 100);
    expect(await till.refund(purchase.id, {}, elsewhere)).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('gives back in parts exactly what it earned, however the parts divide it', async () => {
    const fan = await till.enroll();
    await till.buy(fan, 10_000);
    const { purchase } = await till.buy(fan, 700);
    const taken = [];
    for (const amount of [233, 234, 233]) {
      const { refund } = await till.refund(purchase.id, { amount });
      taken.push(refund.pointsTaken);
    }
    expect(taken).toEqual([2, 2, 3]);
    const list = '{ me { purchases(first: 1) { edges { node { refunds { amount pointsTaken } } } } } }';
    const { data } = await server.ask(fan.token, list);
    expect(data.me.purchases.edges[0].node.refunds[2]).toEqual({ amount: 233, pointsTaken: 3 });
    expect(await pointsOf(fan)).toBe(100);
    expect(await till.refund(purchase.id, { amount: 1 })).toMatchObject({ code: 'INVALID_STATE' });
  });

  it('gives back once, whatever the till repeats, and no more than was paid by how many at once', async () => {
    const fan = await till.enroll();
    const { purchase } = await till.buy(fan, 900);
    const again = await Promise.all(
      Array.from({ length: 8 }, () => till.refund(purchase.id, { amount: 100, idempotencyKey: 'refund-1' })),
    );
    expect(again.map(({ refund }) => refund.pointsTaken)).toEqual(Array(8).fill(1));
    expect(await till.refund(purchase.id, { amount: 101, idempotencyKey: 'refund-1' })).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
    const many = await Promise.all(Array.from({ length: 12 }, () => till.refund(purchase.id, { amount: 100 })));
    expect(many.filter(({ code }) => code === 'INVALID_STATE')).toHaveLength(4);
    expect(await pointsOf(fan)).toBe(0);
    expect((await till.refund(purchase.id)).code).toBe('INVALID_STATE');
  });

  it.each([
    ['ONLY_PENDING', 0, 0],
    ['WITHIN_BALANCE', 4, 0],
    ['ALLOW_NEGATIVE', 10, -6],
  ])('that is given back when its points are spent: %s takes %i', async (policy, taken, left) => {
    await till.setPolicy(policy);
    const fan = await till.enroll();
    const { purchase } = await till.buy(fan, 1_000);
    await till.take(fan, await till.reward(10));
    await till.give(fan, 4);
    const { refund } = await till.refund(purchase.id);
    expect([refund.pointsTaken, await pointsOf(fan)]).toEqual([taken, policy === 'ONLY_PENDING' ? 4 : left]);
    await till.give(fan, 10);
    expect(await pointsOf(fan)).toBe((policy === 'ONLY_PENDING' ? 4 : left) + 10);
  });

  it('takes its points back even when the fan consents no longer: withdrawing mints nothing', async () => {
    const fan = await till.enroll();
    const { purchase } = await till.buy(fan, 1_000);
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['HISTORY_PURCHASE', 'LOYALTY'] });
    const { answer, refund } = await till.refund(purchase.id);
    expect(refund).toEqual({ amount: 1_000, pointsTaken: 10 });
    expect(answer.refund).toEqual({ at: null, amount: null, pointsTaken: null });
    await mutate(server, fan.token, 'grantConsent', { scopes: ['LOYALTY'], policyVersion: '2026-1' });
    expect(await pointsOf(fan)).toBe(0);
  });

  it('goes when the fan withdraws and erases; its points stay', async () => {
    const fan = await till.enroll();
    await till.buy(fan, 1_000);
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['HISTORY_ATTENDANCE'], erase: true });
    expect(await stored(fan)).toHaveLength(1);
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['HISTORY_PURCHASE'], erase: true });
    expect([await stored(fan), await pointsOf(fan)]).toEqual([[], 10]);
  });
});
