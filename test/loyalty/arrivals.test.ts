/** Attendance earns points when somebody saw the fan arrive, and never by the fan's own word. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { openTill, type Till } from './at-the-till.ts';

describe('an arrival', () => {
  let server: TestServer;
  let till: Till;
  beforeAll(async () => {
    server = await startTestServer();
    till = await openTill(server);
    await till.setRules({ source: 'ATTENDANCE', points: 50 }, { source: 'STREAK', points: 7, every: 1 });
  });
  afterAll(() => server.close());

  const pointsOf = async ({ token }: { token: string }) => (await till.loyaltyOf(token)).points;

  it('that only the fan reports earns nothing, by whatever method', async () => {
    const scopes = ['PRESENCE_VENUE', 'HISTORY_ATTENDANCE'];
    for (const method of ['TICKET', 'ZONE_CODE', 'BEACON', 'MANUAL']) {
      const fan = await till.enroll(scopes);
      const { created } = await mutate(server, fan.token, 'checkIn', { gameId: till.gameId, method, nonce: method });
      expect([method, created, await pointsOf(fan)]).toEqual([method, true, 0]);
    }
  });

  it('that a gate saw earns once, however often it is scanned, and whether or not the fan checked in', async () => {
    const fan = await till.enroll(['PRESENCE_VENUE', 'HISTORY_ATTENDANCE']);
    const { visit } = await mutate(server, fan.token, 'checkIn', { gameId: till.gameId, method: 'TICKET', nonce: 'n' });
    const gate = await tokenOf('DEVICE', 'demo-sensor');
    const scans = await Promise.all(Array.from({ length: 6 }, () => till.arrive(fan, gate)));
    expect(scans.map(({ pointsEarned }) => pointsEarned)).toEqual(Array(6).fill(57));
    expect(scans[0].visit.id).toBe(visit.id);
    expect(await pointsOf(fan)).toBe(57);
    const other = await till.enroll(['HISTORY_ATTENDANCE']);
    expect(await till.arrive(other)).toMatchObject({ pointsEarned: 57 });
  });

  it('before the first pitch is the first of a streak, and no streak of none', async () => {
    await till.setRules({ source: 'STREAK', points: 20, every: 2 });
    await till.sql("update game set status = 'SCHEDULED' where demo");
    const fan = await till.enroll(['HISTORY_ATTENDANCE']);
    expect(await till.arrive(fan)).toMatchObject({ pointsEarned: 0 });
    await till.setRules({ source: 'STREAK', points: 20, every: 1 });
    expect(await till.arrive(fan)).toMatchObject({ pointsEarned: 20 });
    await till.sql("update game set status = 'LIVE' where demo");
    await till.setRules({ source: 'ATTENDANCE', points: 50 }, { source: 'STREAK', points: 7, every: 1 });
  });

  it('leaves nothing without HISTORY_ATTENDANCE, and says so', async () => {
    const fan = await till.enroll(['PRESENCE_VENUE']);
    expect(await till.arrive(fan)).toMatchObject({ code: 'CONSENT_REQUIRED' });
    expect(await till.sql(`select 1 from visit where fan_id = ${fan.fanId}`)).toEqual([]);
    expect(await pointsOf(fan)).toBe(0);
  });

  it('earns nothing without LOYALTY, and is kept', async () => {
    const fan = await till.enroll(['HISTORY_ATTENDANCE']);
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['LOYALTY'] });
    expect(await till.arrive(fan)).toMatchObject({ pointsEarned: 0, visit: { provenAt: expect.any(String) } });
  });

  it('is not for fans to confirm, nor at a game of another venue', async () => {
    const fan = await till.enroll();
    expect(await till.arrive(fan, fan.token)).toMatchObject({ code: 'FORBIDDEN' });
    await till.sql(`insert into venue (code, name, city, time_zone) values ('X', 'Elsewhere', 'X', 'UTC')`);
    await till.sql(`insert into staff (subject, venue_id) select 'elsewhere', id from venue where code = 'X'`);
    expect(await till.arrive(fan, await tokenOf('STAFF', 'elsewhere'))).toMatchObject({ code: 'NOT_FOUND' });
  });
});
