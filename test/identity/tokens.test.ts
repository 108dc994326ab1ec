/**
 * A token is taken for what its issuer signed, and for nothing else: what is forged, confused, expired or not yet valid
 * is refused with a code, over HTTP and on a socket alike, and changes nothing.
 */
import { sql } from '@mikro-orm/postgresql';
import { decodeJwt, exportJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askOverSocket } from '../support/conversation.ts';
import { type Issuer, makeKey, type SigningKey, startIssuer } from '../support/issuer.ts';
import { mutate, POLICY } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const RENAME = `mutation { updateMe(input: { displayName: "Mallory" }) {
  __typename ... on UpdateMeSuccess { fan { displayName } } ... on Error { code }
} }`;
const HOUR = 3600;
const seconds = () => Math.floor(Date.now() / 1000);
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

let issuer: Issuer;
let server: TestServer;
let keys: { ec: SigningKey; rsa: SigningKey; stranger: SigningKey };

beforeAll(async () => {
  // The stranger says that it is the key that the issuer publishes.
  keys = { ec: await makeKey('ec'), rsa: await makeKey('rsa', 'RS256'), stranger: await makeKey('ec') };
  issuer = await startIssuer(keys.ec, keys.rsa);
  server = await startTestServer({ settings: issuer.settings });
  const token = await issuer.sign(keys.ec, { sub: 'victim', role: 'FAN' });
  await mutate(server, token, 'enrollFan', { displayName: 'Victim', policyVersion: POLICY });
});
afterAll(async () => {
  await server.close();
  await issuer.close();
});

/** Everything that a fan's mutation could have changed. */
async function everything(): Promise<object> {
  const [row] = await server.services.orm.em.fork().execute<object[]>(sql`
    select (select jsonb_agg(to_jsonb(f) order by f.id) from fan f) as fans,
      (select count(*) from consent_event) as acts, (select count(*) from campaign) as campaigns,
      (select jsonb_agg(status order by id) from game) as games`);
  return row!;
}

async function overHttp(authorization: string, query: string) {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, body: await response.json() };
}

const forged = { sub: 'victim', role: 'FAN' };
const forge = (claims: object, header: Record<string, unknown> = {}) =>
  issuer.sign(keys.ec, { ...forged, ...claims }, header);
/** The parts of a token that is as it should be. */
const parts = async (claims: object = {}) => (await forge(claims)).split('.') as [string, string, string];
const hmac = async (secret: string, kid: string) =>
  new SignJWT(decodeJwt(await forge({})))
    .setProtectedHeader({ alg: 'HS256', kid, typ: 'at+jwt' })
    .sign(new TextEncoder().encode(secret));

/** Over HTTP and on a socket. */
async function expectRefusal(authorization: string): Promise<void> {
  const before = await everything();
  const answer = await overHttp(authorization, RENAME);
  expect(answer).toMatchObject({ status: 401, body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } });
  expect(answer.body.data).toBeUndefined();
  expect(await askOverSocket(server.url, { authorization }, RENAME)).toEqual({ closed: 4403 });
  expect(await everything()).toEqual(before);
}

const FORGERIES: [string, () => string | Promise<string>][] = [
  [
    'alg none and no signature',
    async () => `${encode({ alg: 'none', typ: 'at+jwt', kid: 'ec' })}.${(await parts())[1]}.`,
  ],
  [
    'alg none and a true signature',
    async () => [encode({ alg: 'None', typ: 'at+jwt', kid: 'ec' }), ...(await parts()).slice(1)].join('.'),
  ],
  ['an HMAC under the public key in PEM', () => hmac(keys.rsa.publicPem, 'rsa')],
  ['an HMAC under the public key as published', () => hmac(JSON.stringify(keys.ec.publicJwk), 'ec')],
  [
    'claims exchanged behind the signature',
    async () => {
      const [header, , signature] = await parts({ sub: 'other' });
      return [header, (await parts())[1], signature].join('.');
    },
  ],
  ['a key of somebody else under the name of ours', () => issuer.sign(keys.stranger, forged)],
  [
    'a key of its own in its header',
    async () => issuer.sign(keys.stranger, forged, { kid: 'mine', jwk: await exportJWK(keys.stranger.privateKey) }),
  ],
  ['a key that is not published', async () => issuer.sign(await makeKey('unpublished'), forged)],
  ['the type of an ID token', () => forge({}, { typ: 'JWT' })],
  ['the type of a receipt', () => forge({}, { typ: 'consent-receipt+jwt' })],
  ['no type', () => forge({}, { typ: undefined })],
  ['another audience', () => forge({ aud: 'another-club' })],
  ['no audience', () => forge({ aud: undefined })],
  ['another issuer', () => forge({ iss: 'https://issuer.example' })],
  ['no issuer', () => forge({ iss: undefined })],
  ['an hour that is over', () => forge({ exp: seconds() - 1 })],
  ['no end', () => forge({ exp: undefined })],
  ['an end that is no number', () => forge({ exp: '9999999999' })],
  ['a beginning that is yet to come', () => forge({ nbf: seconds() + HOUR })],
  ['a role that there is not', () => forge({ role: 'ADMIN' })],
  ['the role of nobody', () => forge({ role: 'ANONYMOUS' })],
  ['several roles', () => forge({ role: ['FAN', 'STAFF'] })],
  ['no role', () => forge({ role: undefined })],
  ['no subject', () => forge({ sub: undefined })],
  ['an empty subject', () => forge({ sub: '' })],
  ['a subject without end', () => forge({ sub: 'victim'.repeat(100) })],
  ['a token of the development issuer', () => tokenOf('FAN', 'victim')],
  ['three parts of nothing', () => 'a.b.c'],
  ['one part too many', async () => `${await forge({})}.e30`],
  ['no token at all', () => 'garbage'],
  ['only dots', () => '..'],
];

const HEADERS: [string, (token: string) => string][] = [
  ['the token without its scheme', (token) => token],
  ['another scheme', (token) => `Basic ${token}`],
  ['a scheme without a token', () => 'Bearer'],
  ['two tokens', (token) => `Bearer ${token} ${token}`],
  ['two tokens, as a header sent twice', (token) => `Bearer ${token}, Bearer ${token}`],
];

describe('a token', () => {
  it('works, as the issuer signed it: what follows is refused for what was changed about it', async () => {
    const before = await everything();
    const token = await forge({});
    const done = { data: { updateMe: { __typename: 'UpdateMeSuccess', fan: { displayName: 'Mallory' } } } };
    expect(await overHttp(`Bearer ${token}`, RENAME)).toMatchObject({ status: 200, body: done });
    expect(await everything()).not.toEqual(before);
    await mutate(server, token, 'updateMe', { displayName: 'Victim' });
    expect(await askOverSocket(server.url, { authorization: `Bearer ${token}` }, RENAME)).toMatchObject(done);
    await mutate(server, token, 'updateMe', { displayName: 'Victim' });
    expect(await everything()).toEqual(before);
  });

  it.each(FORGERIES)('with %s is refused, and changes nothing', async (_, make) => {
    await expectRefusal(`Bearer ${await make()}`);
  });

  it.each(HEADERS)('is refused as %s, and changes nothing', async (_, make) => {
    await expectRefusal(make(await forge({})));
  });

  it.each([
    ['a list', (token: string) => [`Bearer ${token}`]],
    ['an object', (token: string) => ({ bearer: token })],
    ['a number', () => 1],
    ['true', () => true],
  ])('in connection_init is refused as %s', async (_, make) => {
    const authorization = make(await forge({}));
    expect(await askOverSocket(server.url, { authorization }, RENAME)).toEqual({ closed: 4403 });
  });

  it('is explained without being repeated', async () => {
    const token = await forge({ exp: seconds() - 1, email: 'victim@example.com' });
    const { body } = await overHttp(`Bearer ${token}`, RENAME);
    expect(body).toEqual({
      errors: [{ message: 'The token has expired.', extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });
});

describe('a subject that the issuer knows and we do not', () => {
  const CREATE = `mutation { createCampaign(input: {
    name: "C", offer: { title: "T", body: "B", discount: { percentOff: 1 } }, budget: {}, capPerFan: 1,
    validFrom: "2026-01-01T00:00:00Z", validUntil: "2099-01-01T00:00:00Z"
  }) { __typename ... on Error { code } } }`;

  it.each([
    ['PARTNER', 'nobody'],
    ['STAFF', 'nobody'],
    ['DEVICE', 'nobody'],
    ['PARTNER', 'victim'],
    ['STAFF', 'demo-partner'],
    ['PARTNER', 'demo'],
    ['DEVICE', 'demo'],
    ['PARTNER', "' or true --"],
  ])('as %s %s may do nothing', async (role, sub) => {
    const before = await everything();
    const authorization = `Bearer ${await issuer.sign(keys.ec, { role, sub })}`;
    const refusal = { errors: [{ extensions: { code: 'FORBIDDEN' } }] };
    for (const query of [CREATE, RENAME, '{ viewer { role } }']) {
      const { body } = await overHttp(authorization, query);
      expect(body).toMatchObject(refusal);
      expect(body.data).toBeUndefined();
      const answer = await askOverSocket(server.url, { authorization }, query);
      expect(answer).toMatchObject(refusal);
      expect(answer).not.toHaveProperty('data');
    }
    expect(await everything()).toEqual(before);
  });

  it('as FAN is nobody yet, whosever name it bears elsewhere', async () => {
    const before = await everything();
    const authorization = `Bearer ${await issuer.sign(keys.ec, { role: 'FAN', sub: 'demo-partner' })}`;
    const mutation = async (query: string) => Object.values((await overHttp(authorization, query)).body.data)[0];
    expect(await mutation(CREATE)).toEqual({ __typename: 'AccessError', code: 'FORBIDDEN' });
    expect(await mutation(RENAME)).toEqual({ __typename: 'AccessError', code: 'NOT_ENROLLED' });
    expect(await everything()).toEqual(before);
  });
});
