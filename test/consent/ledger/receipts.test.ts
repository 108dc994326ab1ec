/** Receipts as a fan gets them: signed, complete, the same again later, and good for nothing else. */
import { compactVerify, createLocalJWKSet, decodeProtectedHeader, importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/consent/ledger/canonical-json.ts';
import { DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER } from '../../../src/identity/development-issuer.ts';
import { get } from '../../support/ledger.ts';
import { enrollFan, mutate, POLICY } from '../../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../../support/server.ts';
import { overWebSocket } from '../../support/stream.ts';

const HISTORY = `query MyFootprints($first: Int!, $after: String) { me {
  consentHistory(first: $first, after: $after) {
    edges { node { id scope status at recipient { __typename ... on Partner { id name } } receipt { id jws } } }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
  verifyLedger { ok entries head }
} }`;

/** The private half of the development issuer's key: RFC 8037, appendix A. */
const ISSUER_KEY = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
};

// biome-ignore lint/suspicious/noExplicitAny: a receipt's shape is what is being tested
const payloadOf = (jws: string): any => JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString());

describe('a receipt', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const partnerId = async (code: string): Promise<string> =>
    (await server.ask(await tokenOf('PARTNER', code), '{ viewer { partner { id } } }')).data.viewer.partner.id;

  it('is handed out for enrolling, granting and withdrawing, and says what was done', async () => {
    const token = await tokenOf('FAN', 'receiver');
    const { fan, receipt: enrolled } = await mutate(server, token, 'enrollFan', {
      displayName: 'Receiver',
      policyVersion: POLICY,
      alsoGrant: ['PROFILE_PREFERENCES'],
    });
    const until = new Date(Date.now() + 86_400_000).toISOString();
    const recipientId = await partnerId('demo-partner');
    const { receipt: granted } = await mutate(server, token, 'grantConsent', {
      scopes: ['LOYALTY', 'PROFILE'],
      recipientId,
      until,
      policyVersion: POLICY,
    });
    const { receipt: withdrawn } = await mutate(server, token, 'withdrawConsent', { scopes: ['LOYALTY'], recipientId });

    const { data } = await server.ask(null, '{ currentPolicy { sha256 language } }');
    const notice = { version: POLICY, ...data.currentPolicy };
    expect(payloadOf(enrolled.jws)).toMatchObject({
      jti: enrolled.id,
      sub: fan.id,
      entry: {
        record_id: enrolled.id,
        pii_principal_id: fan.id,
        privacy_notice: notice,
        recipient: null,
        purposes: ['PROFILE', 'LOYALTY', 'PROFILE_PREFERENCES'].map((scope) => ({ scope, duration: 'STANDING' })),
        event: { action: 'GRANTED', event_state: 'dpv:ConsentGiven' },
      },
    });
    expect(payloadOf(granted.jws).entry).toMatchObject({
      privacy_notice: notice,
      recipient: { party_id: recipientId, party_code: 'demo-partner', party_name: 'Lansdowne Pretzels' },
      purposes: ['LOYALTY', 'PROFILE'].map((scope) => ({ scope, duration: 'UNTIL', until })),
    });
    expect(payloadOf(withdrawn.jws).entry).toMatchObject({
      privacy_notice: notice,
      purposes: [{ scope: 'LOYALTY', duration: null, until: null }],
      event: { action: 'WITHDRAWN', event_state: 'dpv:ConsentWithdrawn' },
    });
  });

  it('says for which game, and until when at the latest', async () => {
    const { data } = await server.ask(
      null,
      '{ games(first: 1, filter: { status: LIVE }) { edges { node { id startsAt } } } }',
    );
    const game = data.games.edges[0].node;
    const { token } = await enrollFan(server);
    const grant = { scopes: ['PRESENCE_VENUE'], gameId: game.id, policyVersion: POLICY };
    const { receipt, grants } = await mutate(server, token, 'grantConsent', grant);
    const { entry } = payloadOf(receipt.jws);
    expect(entry.service).toEqual({ game_id: game.id });
    expect(entry.purposes[0].until).toBe(new Date(Date.parse(game.startsAt) + 12 * 3_600_000).toISOString());
    expect(Date.parse(entry.purposes[0].until)).toBe(Date.parse(grants[0].expiresAt));
  });

  it('verifies with any JOSE library against the published keys, and is canonical', async () => {
    const { token } = await enrollFan(server);
    const { receipt } = await mutate(server, token, 'withdrawConsent', { scopes: ['LOYALTY'] });
    const jwks = await get(server, '/.well-known/jwks.json');
    const { payload } = await compactVerify(receipt.jws, createLocalJWKSet(jwks), { algorithms: ['EdDSA'] });
    expect(decodeProtectedHeader(receipt.jws)).toEqual({
      alg: 'EdDSA',
      typ: 'consent-receipt+jwt',
      kid: jwks.keys[0].kid,
    });
    expect(Buffer.from(payload).toString()).toBe(canonicalJson(payloadOf(receipt.jws)));
    expect(JSON.stringify(jwks)).not.toMatch(/"d":/);
  });

  it('names the fan by another subject for each recipient', async () => {
    const { token } = await enrollFan(server);
    const subjects = await Promise.all(
      ['demo-partner', 'demo-partner-2'].map(async (code) => {
        const grant = { scopes: ['PROFILE'], recipientId: await partnerId(code), policyVersion: POLICY };
        return payloadOf((await mutate(server, token, 'grantConsent', grant)).receipt.jws).sub;
      }),
    );
    const asked = await server.ask(token, '{ me { id } }');
    expect(new Set([...subjects, asked.data.me.id]).size).toBe(3);
  });

  it('can be had again, the very same, from the history of consent', async () => {
    const { token } = await enrollFan(server);
    const { receipt: granted } = await mutate(server, token, 'grantConsent', {
      scopes: ['ANALYTICS', 'HIGHLIGHTS'],
      policyVersion: POLICY,
    });
    const { receipt: withdrawn } = await mutate(server, token, 'withdrawConsent', { scopes: ['ANALYTICS'] });
    const { data } = await server.ask(token, HISTORY, { first: 3 });
    const nodes = data.me.consentHistory.edges.map((edge: { node: object }) => edge.node);
    const operator = { __typename: 'Operator' };
    expect(nodes).toMatchObject([
      { scope: 'ANALYTICS', status: 'WITHDRAWN', recipient: operator, receipt: withdrawn },
      { scope: 'HIGHLIGHTS', status: 'GRANTED', recipient: operator, receipt: granted },
      { scope: 'ANALYTICS', status: 'GRANTED', recipient: operator, receipt: granted },
    ]);
    expect(data.me.consentHistory).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true } });
    expect(data.me.verifyLedger).toMatchObject({ ok: true, entries: 3 });
    const after = data.me.consentHistory.pageInfo.endCursor;
    const rest = (await server.ask(token, HISTORY, { first: 3, after })).data.me.consentHistory;
    expect(rest.edges.map(({ node }: { node: { scope: string } }) => node.scope)).toEqual(['LOYALTY', 'PROFILE']);
    expect(rest.pageInfo.hasNextPage).toBe(false);

    const byId = 'query ($id: ID!) { node(id: $id) { id __typename } }';
    const ask = async (asker: string) => (await server.ask(asker, byId, { id: nodes[0].id })).data.node;
    expect(await ask(token)).toEqual({ id: nodes[0].id, __typename: 'ConsentHistoryEntry' });
    expect(await ask((await enrollFan(server)).token)).toBeNull();
  });

  it('and history are for the fan alone', async () => {
    const { token } = await enrollFan(server);
    const grant = { scopes: ['PROFILE'], recipientId: await partnerId('demo-partner'), policyVersion: POLICY };
    const { receipt } = await mutate(server, token, 'grantConsent', grant);
    const query = `query ($id: ID!) { node(id: $id) { ... on Fan {
      displayName consentHistory(first: 1) { totalCount } verifyLedger { ok } } } }`;
    const partner = await tokenOf('PARTNER', 'demo-partner');
    const { data } = await server.ask(partner, query, { id: payloadOf(receipt.jws).sub });
    expect(data.node).toEqual({ displayName: expect.any(String), consentHistory: null, verifyLedger: null });
  });

  it('is not an access token, over HTTP or WebSocket, not even one that the issuer of tokens signed', async () => {
    const { token, subject } = await enrollFan(server);
    const { receipt } = await mutate(server, token, 'withdrawConsent', { scopes: ['LOYALTY'] });
    const signedAs = async (typ: string) =>
      new SignJWT({ role: 'FAN' })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'development', typ })
        .setIssuer(DEVELOPMENT_ISSUER)
        .setAudience(DEVELOPMENT_AUDIENCE)
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(await importJWK(ISSUER_KEY, 'EdDSA'));
    const passes = async (candidate: string) => {
      const { data } = await server.ask(candidate, '{ viewer { role } }');
      const stream = await overWebSocket(server.url, candidate, '{ viewer { role } }', {});
      const frame = await stream.waitFor(() => true);
      await stream.close();
      return [data?.viewer?.role ?? null, frame.data?.viewer.role ?? null];
    };
    expect(await passes(await signedAs('at+jwt'))).toEqual(['FAN', 'FAN']);
    expect(await passes(await signedAs('consent-receipt+jwt'))).toEqual([null, null]);
    expect(await passes(receipt.jws)).toEqual([null, null]);
  });
});
