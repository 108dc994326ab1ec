/** A new policy: what was granted under the old one, and when it ends. */
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishPolicy } from '../../src/consent/index.ts';
import { announce, enrollFan, LIVE_OFFERS, liveGameId, mutate, POLICY } from '../support/operations.ts';
import { askRule } from '../support/rule.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { overServerSentEvents, overWebSocket } from '../support/stream.ts';

const SCOPES = ['PRESENCE_VENUE', 'OFFERS_LIVE', 'PERSONALIZATION'];
const ME = `{ me { displayName withheld { scope reason } consents { scope status policyVersion } } }`;

describe('a new policy', () => {
  let server: TestServer;
  let database: Client;
  beforeEach(async () => {
    server = await startTestServer();
    database = new Client({ connectionString: server.databaseUrl });
    await database.connect();
  });
  afterEach(async () => {
    await database.end();
    await server.close();
  });

  const publish = (version: string, materialChange: boolean, effectiveAt: Date | null = null) =>
    publishPolicy(server.services.orm.em.fork(), { version, text: `Text of ${version}.`, materialChange, effectiveAt });
  const me = async (token: string) => (await server.ask(token, ME)).data.me;
  const inSeconds = async (seconds: number): Promise<Date> => {
    const { rows } = await database.query('select clock_timestamp() + make_interval(secs => $1) as at', [seconds]);
    return rows[0].at;
  };

  it('is the only one to enroll or grant under: neither an older version nor one that is yet to take effect', async () => {
    const fan = await enrollFan(server);
    await publish('2026-2', false);
    await publish('2099-1', true, new Date('2099-01-01T00:00:00Z'));
    const newcomer = await tokenOf('FAN', 'newcomer');
    const enroll = (policyVersion: string) =>
      mutate(server, newcomer, 'enrollFan', { displayName: 'New', policyVersion });
    const grant = (policyVersion: string) =>
      mutate(server, fan.token, 'grantConsent', { scopes: ['ANALYTICS'], policyVersion });
    for (const stale of [POLICY, '2099-1', 'never']) {
      expect(await enroll(stale)).toMatchObject({ __typename: 'ConsentError', code: 'POLICY_OUTDATED' });
      expect(await grant(stale)).toMatchObject({ __typename: 'ConsentError', code: 'POLICY_OUTDATED' });
    }
    expect((await grant('2026-2')).__typename).toBe('GrantConsentSuccess');
    expect((await enroll('2026-2')).__typename).toBe('EnrollFanSuccess');
    const { data } = await server.ask(null, '{ currentPolicy { version } policies { version materialChange } }');
    expect(data).toEqual({
      currentPolicy: { version: '2026-2' },
      policies: [
        { version: POLICY, materialChange: false },
        { version: '2026-2', materialChange: false },
        { version: '2099-1', materialChange: true },
      ],
    });
  });

  it('without a material change leaves what was granted as it is', async () => {
    const { token } = await enrollFan(server, SCOPES);
    const before = await me(token);
    await publish('2026-2', false);
    expect(await me(token)).toEqual(before);
    expect(before.consents).toContainEqual({ scope: 'PROFILE', status: 'GRANTED', policyVersion: POLICY });
  });

  it('with a material change ends what was granted under any earlier one, says why, and asks again', async () => {
    const { token } = await enrollFan(server, SCOPES);
    const gameId = await liveGameId(server);
    await publish('2026-2', false);
    await mutate(server, token, 'grantConsent', { scopes: ['ANALYTICS'], policyVersion: '2026-2' });
    await publish('2026-3', true);
    const outdated = await me(token);
    expect(outdated.displayName).toBeNull();
    for (const scope of [...SCOPES, 'PROFILE', 'LOYALTY', 'ANALYTICS']) {
      expect(outdated.withheld).toContainEqual({ scope, reason: 'POLICY_OUTDATED' });
      expect(outdated.consents).toContainEqual(expect.objectContaining({ scope, status: 'POLICY_OUTDATED' }));
    }
    expect(outdated.withheld).toContainEqual({ scope: 'HIGHLIGHTS', reason: 'NEVER_ASKED' });
    const checkIn = () => mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    expect((await checkIn()).code).toBe('CONSENT_REQUIRED');

    const again = { scopes: ['PROFILE', 'PRESENCE_VENUE'], duration: 'STANDING', policyVersion: '2026-3' };
    await mutate(server, token, 'grantConsent', again);
    const asked = await me(token);
    expect(asked.displayName).not.toBeNull();
    expect(asked.withheld).toContainEqual({ scope: 'OFFERS_LIVE', reason: 'POLICY_OUTDATED' });
    expect((await checkIn()).__typename).toBe('CheckInSuccess');
  });

  it('ends grants at the very instant at which it takes effect, and not before', async () => {
    const rule = askRule(server.services.orm);
    const fan = await rule.fan();
    await rule.grant(fan, ['PROFILE']);
    const effectiveAt = await inSeconds(86_400);
    await publish('2099-1', true, effectiveAt);
    const at = `'${effectiveAt.toISOString()}'::timestamptz`;
    const before = await rule.decide(fan, { at: `${at} - interval '1 microsecond'` });
    expect([before.holds('PROFILE'), new Date(before.validUntil!)]).toEqual([true, effectiveAt]);
    expect((await rule.decide(fan, { at })).holds('PROFILE')).toBe(false);
    // The whole server at another instant: everything asks the one clock of the rules.
    await database.query(`set tightrope.now = '${effectiveAt.toISOString()}'`);
    const { rows } = await database.query(
      `select scope, status from consent_grants_at(array[$1::bigint], null, app_now())`,
      [fan],
    );
    expect(rows).toEqual([{ scope: 'PROFILE', status: 'POLICY_OUTDATED' }]);
  });

  it.each([
    ['graphql-ws', overWebSocket],
    ['SSE', overServerSentEvents],
  ] as const)('darkens a stream over %s that is open when it takes effect', async (_, open) => {
    const announces = (offerId: string) => (frame: Answer) => frame.data?.liveOffers.offer?.id === offerId;
    const gameId = await liveGameId(server);
    const { token } = await enrollFan(server, SCOPES);
    await mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    const stream = await open(server.url, token, LIVE_OFFERS, { gameId });
    await stream.waitFor((frame) => frame.data?.liveOffers.__typename === 'StreamPosition');

    const effectiveAt = await inSeconds(5);
    await publish('2026-2', true, effectiveAt);
    const before = await stream.waitFor(announces(await announce(server, gameId)));
    expect(before.data.liveOffers.because).not.toBeNull();

    // Announced while the grants are in force, and held back until they are not: only the boundary in the decision
    // that is kept from the event before can know.
    const holding = new Client({ connectionString: server.databaseUrl });
    await holding.connect();
    await holding.query('begin');
    await holding.query('select pg_current_xact_id()');
    const heldBack = await announce(server, gameId);
    const { rows } = await database.query(`select count(*)::int as deliveries, now() < $1 as early from delivery`, [
      effectiveAt,
    ]);
    expect(rows[0].early).toBe(true);
    expect(rows[0].deliveries).toBeGreaterThanOrEqual(2);
    await database.query('select pg_sleep(extract(epoch from $1::timestamptz - clock_timestamp()) + 0.1)', [
      effectiveAt,
    ]);
    await holding.query('commit');
    await holding.end();
    await expect(stream.waitFor(announces(heldBack), 0, 1_500)).rejects.toThrow('No such frame came');

    const again = { scopes: SCOPES, duration: 'STANDING', policyVersion: '2026-2' };
    await mutate(server, token, 'grantConsent', again);
    await stream.waitFor(announces(await announce(server, gameId)));
    await stream.close();
    expect(stream.frames.some(announces(heldBack))).toBe(false);
  });
});
