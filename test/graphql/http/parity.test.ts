/**
 * Plain operations take a short way, all others the long one: nobody can tell which. Two servers over one database, one
 * without the short way, are sent the same bytes and must send the same.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/graphql/limits.ts';
import { withoutBalance } from '../../support/balance.ts';
import { enrollFan, liveGameId } from '../../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../../support/server.ts';

const CLUB = 'https://club.example';
const JSON_TYPE = 'application/json';
const RESPONSE_TYPE = 'application/graphql-response+json';

/** As a browser or phone sends it. */
interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const post = (body: unknown, headers: Record<string, string> = {}): Sent => ({
  method: 'POST',
  headers: { 'content-type': JSON_TYPE, ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const get = (parameters: Record<string, string>, headers: Record<string, string> = {}): Sent => ({
  path: `?${new URLSearchParams(parameters)}`,
  headers,
});

const WHO = '{ viewer { role } }';
const NAMED =
  'query A { viewer { role } } query B($n: Int = 2) { games(first: $n) { totalCount edges { node { id } } } }';
const MUTATION =
  'mutation { updateMe(input: { displayName: "Somebody" }) { __typename ... on Error { code message } } }';

/** By what they are about. Bytes that a client may send at all. */
const REQUESTS: Record<string, Sent> = {
  'a query': post({ query: WHO }),
  'a query with everything that may be empty': post({
    query: WHO,
    variables: null,
    operationName: null,
    extensions: null,
  }),
  'a query with extensions': post({ query: WHO, variables: {}, extensions: { client: 'x' } }),
  'one of two operations': post({ query: NAMED, operationName: 'B', variables: { n: 1 } }),
  'neither of two operations': post({ query: NAMED }),
  'an operation that is not there': post({ query: NAMED, operationName: 'C' }),
  'an operation of no name': post({ query: NAMED, operationName: '' }),
  'letters of all kinds': post({ query: '{ __type(name: "é€😀\\u0000") { name } }' }),
  'a mistake in the grammar': post({ query: '{ viewer { role }' }),
  'a mistake against the schema': post({ query: '{ viewers { role } games { name } }' }),
  'a variable of the wrong type': post({ query: NAMED, operationName: 'B', variables: { n: 'many' } }),
  'a variable that is missing': post({ query: 'query ($id: ID!) { node(id: $id) { id } }' }),
  'a page that is too large': post({ query: '{ games(first: 101) { totalCount } viewer { role } }' }),
  'an operation that is too dear': post({
    query: `{ ${'games(first: 100) { edges { node { id } } } '.repeat(1)} ${Array.from({ length: 150 }, (_, n) => `p${n}: games(first: 100) { edges { node { id } } }`).join(' ')} }`,
  }),
  'a document that is too long': post({ query: `{ ${'__typename '.repeat(LIMITS.tokens)} }` }),
  'a mutation': post({ query: MUTATION }),
  'a subscription': post({ query: 'subscription { consentChanges { cursor } }' }),
  'a query of introspection': post({
    query: '{ __schema { queryType { name fields { name args { name defaultValue } } } } }',
  }),
  'no query': post({}),
  'a query that is no text': post({ query: 5 }),
  'variables that are a list': post({ query: WHO, variables: [] }),
  'an unknown parameter': post({ query: WHO, more: 1 }),
  'an unknown parameter that is null': post({ query: WHO, more: null }),
  'an operation name that is no text': post({ query: WHO, operationName: 5 }),
  'several operations': post([{ query: WHO }]),
  'no JSON': post('{'),
  'JSON with a mark of its byte order': post(`\uFEFF${JSON.stringify({ query: WHO })}`),
  'nothing at all': post(''),
  'another charset': post({ query: WHO }, { 'content-type': 'application/json; charset=utf-8' }),
  'JSON that calls itself text': post({ query: WHO }, { 'content-type': 'text/plain' }),
  'GraphQL as it is': post(WHO, { 'content-type': 'application/graphql' }),
  'a form': post(`query=${encodeURIComponent(WHO)}`, { 'content-type': 'application/x-www-form-urlencoded' }),
  'a body said to be compressed': post({ query: WHO }, { 'content-encoding': 'gzip' }),
  'another path': { ...post({ query: WHO }), path: '/' },
  'a query beside the body': { ...post({ query: WHO }), path: '?query=x' },
  'a GET': get({ query: WHO }),
  'a GET with variables': get({ query: NAMED, operationName: 'B', variables: '{"n":1}' }),
  'a GET with variables that are a list': get({ query: WHO, variables: '[]' }),
  'a GET with something more': get({ query: WHO, more: '1' }),
  'a GET of a mutation': get({ query: MUTATION }),
  'a GET of a subscription': get({ query: 'subscription { consentChanges { cursor } }' }),
  'a GET of nothing': get({}),
  'a GET without an address of its own': {},
  'a PUT': { ...post({ query: WHO }), method: 'PUT' },
  'a HEAD': { method: 'HEAD', path: `?query=${encodeURIComponent(WHO)}` },
  'a preflight': {
    method: 'OPTIONS',
    headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  },
};

/** Who, from where, and in what the answer is wanted. */
const CIRCUMSTANCES: Record<string, Record<string, string>> = {
  'no wishes': {},
  'any type': { accept: '*/*' },
  JSON: { accept: JSON_TYPE },
  'GraphQL’s own type': { accept: RESPONSE_TYPE },
  'both types, and ours first': { accept: `${RESPONSE_TYPE}; charset=utf-8, ${JSON_TYPE};q=0.9` },
  'both types, and JSON first': { accept: `${JSON_TYPE}, ${RESPONSE_TYPE}` },
  'another charset': { accept: `${JSON_TYPE}; charset=latin1` },
  'any application': { accept: 'application/*' },
  text: { accept: 'text/plain' },
  'a page of the club': { origin: CLUB },
  'a page of the club that names headers': { origin: CLUB, 'access-control-request-headers': 'authorization' },
  'a foreign page': { origin: 'https://evil.example' },
  'a forged token': { authorization: 'Bearer forged' },
  'a scheme that is none': { authorization: 'Basic x' },
};

/** What a browser or client acts on; by whose hand the rest is written is of no interest. */
const HEADERS = ['content-type', 'allow', 'accept', 'vary', 'retry-after', 'x-yoga-id'];

async function send(server: TestServer, { method = 'GET', path = '', headers = {}, body }: Sent) {
  const response = await fetch(`${server.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  const shown = [...response.headers].filter(([name]) => HEADERS.includes(name) || name.startsWith('access-control-'));
  return { status: response.status, headers: Object.fromEntries(shown), body: withoutBalance(await response.text()) };
}

describe('an answer', () => {
  let short: TestServer;
  let long: TestServer;
  beforeAll(async () => {
    const settings = { ALLOWED_ORIGINS: CLUB, LOG_LEVEL: 'silent' };
    short = await startTestServer({ settings });
    long = await startTestServer({ settings, databaseUrl: short.databaseUrl, shortcut: false });
  });
  afterAll(async () => {
    await long.close();
    await short.close();
  });

  it.each(Object.entries(CIRCUMSTANCES))('is the same whichever way it took, with %s', async (_, extra) => {
    for (const [about, sent] of Object.entries(REQUESTS)) {
      const request = { ...sent, headers: { ...sent.headers, ...extra } };
      const [ours, theirs] = [await send(short, request), await send(long, request)];
      // GraphQL's own type wants a status of failure where there is no data. Yoga gives 200 to some.
      const { data } = theirs.body ? (safely(theirs.body) ?? {}) : {};
      const isFailure = theirs.headers['content-type']?.startsWith(RESPONSE_TYPE) && data === undefined;
      if (isFailure && theirs.status === 200) theirs.status = 400;
      expect({ about, ...ours }).toEqual({ about, ...theirs });
    }
  });

  it('is the same for everyone who signs in', async () => {
    const { token } = await enrollFan(short, ['PROFILE_PREFERENCES', 'OFFERS_LIVE']);
    const tokens = [
      token,
      await tokenOf('PARTNER', 'demo-partner'),
      await tokenOf('STAFF', 'demo'),
      await tokenOf('PARTNER', 'nobody'),
      await tokenOf('FAN', 'not-enrolled'),
    ];
    const gameId = await liveGameId(short);
    const queries = [
      '{ viewer { role fan { id } partner { id } } }',
      '{ me { id displayName email favoriteTeam { code } withheld { scope reason } consents { id scope status } } }',
      '{ partner { id name campaigns(first: 2) { edges { node { id } } } } }',
      `{ node(id: "${gameId}") { __typename id ... on Game { startsAt homeTeam { code } } } }`,
      MUTATION,
    ];
    for (const authorization of tokens.map((each) => `Bearer ${each}`)) {
      for (const query of queries) {
        const request = post({ query }, { authorization, 'sec-gpc': '0' });
        expect(await send(short, request)).toEqual(await send(long, request));
      }
    }
  });

  it('says what is wrong with variables in an address', async () => {
    const { status, body } = await send(short, get({ query: WHO, variables: '{' }));
    expect([status, JSON.parse(body).errors]).toEqual([
      400,
      [{ message: 'The parameter "variables" is no JSON.', extensions: { code: 'BAD_REQUEST' } }],
    ]);
  });

  it('comes although many ask at once over one connection', async () => {
    const sizes = [1, 20, 100];
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        short.ask(null, 'query ($n: Int!) { venues(first: $n) { edges { node { id } } } }', { n: sizes[n % 3]! }),
      ),
    );
    for (const { data, extensions } of answers) {
      expect(data.venues.edges.length).toBeGreaterThan(0);
      expect(extensions.cost.requested).toBeGreaterThan(0);
    }
  });
});

function safely(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
