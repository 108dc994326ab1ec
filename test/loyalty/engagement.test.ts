/** What fans do with offers earns points up to a cap, where they consent to have it kept. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce, mutate } from '../support/operations.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type Member, openTill, type Till } from './at-the-till.ts';

describe('an engagement', () => {
  let server: TestServer;
  let till: Till;
  beforeAll(async () => {
    server = await startTestServer();
    till = await openTill(server);
    await till.setRules({ source: 'ENGAGEMENT', action: 'VIEW', points: 4, cap_points: 10, cap_period: 'DAY' });
  });
  afterAll(() => server.close());

  const arrive = async (...more: string[]): Promise<Member> => {
    const fan = await till.enroll(['PRESENCE_VENUE', 'OFFERS_LIVE', ...more]);
    await mutate(server, fan.token, 'checkIn', { gameId: till.gameId, method: 'TICKET', nonce: 'gate' });
    return fan;
  };
  const engage = async ({ token }: Member, offerId: string, kind: string) =>
    expect((await mutate(server, token, 'recordEngagement', { offerId, kind })).code).toBeUndefined();
  const pointsOf = async ({ token }: Member) => (await till.loyaltyOf(token)).points;

  it('earns once for each offer, up to the cap, and not by being dismissed', async () => {
    const fan = await arrive('HISTORY_ENGAGEMENT');
    const points = [];
    for (let round = 0; round < 4; round += 1) {
      const offerId = await announce(server, till.gameId);
      for (const kind of ['VIEW', 'VIEW', 'CLICK', 'DISMISS']) await engage(fan, offerId, kind);
      points.push(await pointsOf(fan));
    }
    expect(points).toEqual([4, 8, 10, 10]);
  });

  it('earns nothing that is not kept', async () => {
    const fan = await arrive();
    await engage(fan, await announce(server, till.gameId), 'VIEW');
    expect(await pointsOf(fan)).toBe(0);
  });

  it('that lies between two grants is neither kept nor paid for, however late it is told', async () => {
    const fan = await arrive('HISTORY_ENGAGEMENT');
    const offerId = await announce(server, till.gameId);
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['HISTORY_ENGAGEMENT'] });
    const at = new Date().toISOString();
    await mutate(server, fan.token, 'grantConsent', { scopes: ['HISTORY_ENGAGEMENT'], policyVersion: '2026-1' });
    const told = await mutate(server, fan.token, 'recordEngagement', { offerId, kind: 'VIEW', at });
    expect([told.recorded, await pointsOf(fan)]).toEqual([false, 0]);
    await engage(fan, offerId, 'VIEW');
    expect(await pointsOf(fan)).toBe(4);
  });

  it('earned what it earned, though what it was is forgotten', async () => {
    const fan = await arrive('HISTORY_ENGAGEMENT');
    const offerId = await announce(server, till.gameId);
    await engage(fan, offerId, 'VIEW');
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['HISTORY_ENGAGEMENT'], erase: true });
    expect(await pointsOf(fan)).toBe(4);
    await mutate(server, fan.token, 'grantConsent', { scopes: ['HISTORY_ENGAGEMENT'], policyVersion: '2026-1' });
    await engage(fan, offerId, 'VIEW');
    expect(await pointsOf(fan)).toBe(4);
  });
});
