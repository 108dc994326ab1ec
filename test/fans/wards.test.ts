/** Guardians and wards: who enrolls, who grants, who sees, who may take away, and until when. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrollFan, liveGameId, mutate, POLICY } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const YEAR = new Date().getUTCFullYear();
const CHILD = { displayName: 'Kid', birthYear: YEAR - 9, jurisdiction: 'US', policyVersion: POLICY };

describe('a guardian', () => {
  let server: TestServer;
  let partnerId: string;
  let count = 0;
  beforeAll(async () => {
    server = await startTestServer();
    const { data } = await server.ask(null, '{ partners(first: 1) { edges { node { id } } } }');
    partnerId = data.partners.edges[0].node.id;
  });
  afterAll(() => server.close());

  const query = <T extends object>(statement: string) => server.services.orm.em.fork().execute<T[]>(statement);
  const keyOf = (id: string) => server.services.idsFor(null).key('Fan', id, 'id');
  const wardsOf = async (token: string) =>
    (await server.ask(token, '{ me { wards { id displayName birthYear consents { scope status } } } }')).data.me.wards;
  const wardsGrants = async (token: string) =>
    (await server.ask(token, '{ me { wards { consents { id } } } }')).data.me.wards[0].consents;
  /** A guardian with a ward who has a sign-in. */
  const family = async (more: object = {}) => {
    count += 1;
    const guardian = await enrollFan(server);
    const wardToken = await tokenOf('FAN', `kid-${count}`);
    const input = { ...CHILD, wardToken, idempotencyKey: 'first', ...more };
    const { ward, ...rest } = await mutate(server, guardian.token, 'enrollWard', input);
    if (!ward) throw new Error(JSON.stringify(rest));
    return { guardian, wardToken, wardId: ward.id as string };
  };
  /** Time passes: the ward is of age. */
  const growUp = (wardId: string) =>
    query(`update fan set birth_year = ${YEAR - 40} where id = ${keyOf(wardId)} returning id`);

  it('enrolls a ward, who is granted PROFILE and LOYALTY and nothing else, once for one key', async () => {
    const { guardian, wardToken, wardId } = await family();
    const again = { ...CHILD, wardToken, idempotencyKey: 'first' };
    expect((await mutate(server, guardian.token, 'enrollWard', again)).ward.id).toBe(wardId);
    expect(await wardsOf(guardian.token)).toEqual([
      {
        id: wardId,
        displayName: 'Kid',
        birthYear: CHILD.birthYear,
        consents: [
          { scope: 'PROFILE', status: 'GRANTED' },
          { scope: 'LOYALTY', status: 'GRANTED' },
        ],
      },
    ]);
    const { data } = await server.ask(wardToken, '{ me { id displayName wards { id } } }');
    expect(data.me).toEqual({ id: wardId, displayName: 'Kid', wards: [] });
  });

  it('grants, withdraws and pauses for the ward, who sees it', async () => {
    const { guardian, wardToken, wardId } = await family();
    const gameId = await liveGameId(server);
    const grant = { scopes: ['PRESENCE_VENUE', 'OFFERS_LIVE'], duration: 'STANDING', policyVersion: POLICY, wardId };
    expect((await mutate(server, guardian.token, 'grantConsent', grant)).grants).toHaveLength(2);
    const nonce = { gameId, method: 'TICKET', nonce: 'gate' };
    expect((await mutate(server, wardToken, 'checkIn', nonce)).created).toBe(true);
    expect(
      (await mutate(server, guardian.token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'], wardId })).withdrawn,
    ).toHaveLength(1);
    expect((await mutate(server, guardian.token, 'pauseForGame', { gameId, wardId })).game.id).toBe(gameId);
    const { data } = await server.ask(wardToken, '{ me { withheld { scope reason } } }');
    expect(data.me.withheld).toContainEqual({ scope: 'OFFERS_LIVE', reason: 'WITHDRAWN' });
    expect(data.me.withheld).toContainEqual({ scope: 'PRESENCE_VENUE', reason: 'PAUSED' });
    const own = await server.ask(guardian.token, '{ me { withheld { reason } consents { scope } } }');
    expect(own.data.me.withheld).not.toContainEqual({ reason: 'PAUSED' });
    expect(own.data.me.consents).toHaveLength(2);
  });

  it('sees of the ward what the ward sees, and nobody else does', async () => {
    const { guardian, wardId } = await family();
    const stranger = await enrollFan(server);
    const ask = `{ node(id: "${wardId}") { ... on Fan { displayName birthYear consents { scope } withheld { scope } } } }`;
    const seen = (await server.ask(guardian.token, ask)).data.node;
    expect(seen).toMatchObject({ displayName: 'Kid', birthYear: CHILD.birthYear });
    expect([seen.consents.length, seen.withheld.length]).toEqual([2, 13]);
    const [{ id: grantId }] = (await wardsGrants(guardian.token)) as [{ id: string }];
    const grant = async (token: string) => (await server.ask(token, `{ node(id: "${grantId}") { id } }`)).data.node;
    expect([await grant(guardian.token), await grant(stranger.token)]).toEqual([{ id: grantId }, null]);
    await mutate(server, guardian.token, 'withdrawConsent', { scopes: ['PROFILE'], wardId });
    expect((await server.ask(guardian.token, ask)).data.node).toMatchObject({ displayName: null, birthYear: null });
    for (const token of [stranger.token, await tokenOf('PARTNER', 'demo-partner'), null]) {
      expect((await server.ask(token, ask)).data.node).toBeNull();
    }
  });

  it('cannot act for somebody who is no ward of theirs', async () => {
    const { guardian } = await family();
    const [other, gameId] = [await family(), await liveGameId(server)];
    const adult = (await server.ask((await enrollFan(server)).token, '{ me { id } }')).data.me.id;
    for (const wardId of [other.wardId, adult]) {
      const grant = { scopes: ['OFFERS_LIVE'], duration: 'STANDING', policyVersion: POLICY, wardId };
      expect((await mutate(server, guardian.token, 'grantConsent', grant)).code).toBe('NOT_FOUND');
      expect((await mutate(server, guardian.token, 'withdrawConsent', { scopes: ['PROFILE'], wardId })).code).toBe(
        'NOT_FOUND',
      );
      expect((await mutate(server, guardian.token, 'pauseForGame', { gameId, wardId })).code).toBe('NOT_FOUND');
    }
  });

  it('can share nothing about a minor with a partner, and the minor grants nothing, but may withdraw and pause', async () => {
    const { guardian, wardToken, wardId } = await family();
    const grant = { scopes: ['PROFILE'], policyVersion: POLICY };
    const toPartner = { ...grant, recipientId: partnerId };
    expect((await mutate(server, guardian.token, 'grantConsent', { ...toPartner, wardId })).code).toBe('FORBIDDEN');
    expect((await mutate(server, wardToken, 'grantConsent', toPartner)).code).toBe('GUARDIAN_REQUIRED');
    expect((await mutate(server, wardToken, 'grantConsent', grant)).code).toBe('GUARDIAN_REQUIRED');
    expect((await mutate(server, wardToken, 'updateMe', { birthYear: 1980 })).code).toBe('GUARDIAN_REQUIRED');
    expect((await mutate(server, wardToken, 'updateMe', { birthYear: null })).code).toBe('GUARDIAN_REQUIRED');
    const gameId = await liveGameId(server);
    expect((await mutate(server, wardToken, 'pauseForGame', { gameId })).__typename).toBe('PauseForGameSuccess');
    expect((await mutate(server, wardToken, 'withdrawConsent', { scopes: ['LOYALTY'] })).withdrawn).toHaveLength(1);
  });

  it('leaves the ward a minor when the profile is erased', async () => {
    const { guardian, wardToken, wardId } = await family();
    await mutate(server, guardian.token, 'withdrawConsent', { scopes: ['PROFILE'], erase: true, wardId });
    const grant = { scopes: ['PROFILE'], policyVersion: POLICY };
    expect((await mutate(server, wardToken, 'grantConsent', grant)).code).toBe('GUARDIAN_REQUIRED');
    expect(await wardsOf(guardian.token)).toMatchObject([{ id: wardId, displayName: null, birthYear: null }]);
  });

  it('is none any more when the ward is of age, who then consents alone', async () => {
    const { guardian, wardToken, wardId } = await family();
    await growUp(wardId);
    expect(await wardsOf(guardian.token)).toEqual([]);
    expect((await server.ask(guardian.token, `{ node(id: "${wardId}") { id } }`)).data.node).toBeNull();
    const grant = { scopes: ['PROFILE'], policyVersion: POLICY };
    expect((await mutate(server, guardian.token, 'grantConsent', { ...grant, wardId })).code).toBe('NOT_FOUND');
    expect((await mutate(server, guardian.token, 'withdrawConsent', { scopes: ['PROFILE'], wardId })).code).toBe(
      'NOT_FOUND',
    );
    const toPartner = { ...grant, recipientId: partnerId };
    expect((await mutate(server, wardToken, 'grantConsent', toPartner)).grants[0].status).toBe('GRANTED');
  });

  it('can still take away from a ward without a sign-in who is of age, and no more than that', async () => {
    const { guardian, wardId } = await family({ wardToken: null });
    await growUp(wardId);
    const grant = { scopes: ['OFFERS_LIVE'], duration: 'STANDING', policyVersion: POLICY, wardId };
    expect((await mutate(server, guardian.token, 'grantConsent', grant)).code).toBe('NOT_FOUND');
    expect(
      (await mutate(server, guardian.token, 'withdrawConsent', { scopes: ['PROFILE'], wardId })).withdrawn,
    ).toHaveLength(1);
  });

  it('is refused where the ward is of age, where the sign-in is not shown to be theirs, and as a minor', async () => {
    const { guardian, wardToken } = await family();
    const enroll = async (token: string, more: object) =>
      (await mutate(server, token, 'enrollWard', { ...CHILD, idempotencyKey: `k${++count}`, ...more })).code;
    expect(await enroll(guardian.token, { birthYear: YEAR - 30 })).toBe('BAD_INPUT');
    expect(await enroll(guardian.token, { wardToken })).toBe('ALREADY_ENROLLED');
    expect(await enroll(guardian.token, { wardToken: guardian.token })).toBe('BAD_INPUT');
    expect(await enroll(guardian.token, { wardToken: 'somebody' })).toBe('BAD_INPUT');
    expect(await enroll(guardian.token, { wardToken: await tokenOf('PARTNER', 'demo-partner') })).toBe('BAD_INPUT');
    expect(await enroll(guardian.token, { policyVersion: '1999-1' })).toBe('POLICY_OUTDATED');
    expect(await enroll(wardToken, {})).toBe('GUARDIAN_REQUIRED');
    expect(await enroll(await tokenOf('FAN', 'nobody-yet'), {})).toBe('NOT_ENROLLED');
    expect(await wardsOf(guardian.token)).toHaveLength(1);
  });
});
