/**
 * An operation has so many aliases and so many fields at its root, over HTTP, SSE and WebSocket alike: with one more it
 * is refused, whatever it hides them in.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/graphql/limits.ts';
import { enrollFan, liveGameId } from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';
import { type Request, TRANSPORTS } from '../support/transports.ts';

const times = (count: number, field: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => field(n)).join(' ');
const codes = (answer: Answer) => (answer.errors ?? []).map(({ extensions }) => extensions?.code);

const aliases = (count: number, start = 0) => times(count, (n) => `a${start + n}: role`);
const half = (count: number) => Math.floor(count / 2);

/** Each writes an operation with so many aliases. */
const ALIASES: Record<string, (count: number) => Request> = {
  'one field': (count) => ({ query: `{ viewer { ${aliases(count)} } }` }),
  'fields of the root': (count) => ({
    query: `{ a: viewer { ${aliases(half(count) - 1)} } b: viewer { ${aliases(count - half(count) - 1)} } }`,
  }),
  'a fragment spread twice': (count) => ({
    query: `{ viewer { ...F ...F ${aliases(count - 2 * half(count), 1_000)} } } fragment F on Viewer { ${aliases(half(count))} }`,
  }),
  'a fragment within a fragment': (count) => ({
    query: `{ ...Q } fragment Q on Query { viewer { ...F ${aliases(count - half(count), 1_000)} } } fragment F on Viewer { ${aliases(half(count))} }`,
  }),
  'inline fragments': (count) => ({
    query: `{ ... { viewer { ... on Viewer { ${aliases(half(count))} ... { ${aliases(count - half(count), 1_000)} } } } } }`,
  }),
  'what is not included': (count) => ({
    query: `query ($no: Boolean = false) { viewer { role ... @include(if: $no) { ${aliases(count)} } } }`,
  }),
  'the operation chosen by name': (count) => ({
    query: `query Few { viewer { role } } query Many { viewer { ${aliases(count)} } }`,
    operationName: 'Many',
  }),
};

const roots = (count: number) => '__typename '.repeat(count);

/** Each writes an operation with so many fields at its root. */
const ROOTS: Record<string, (count: number) => Request> = {
  'different fields': (count) => ({ query: `{ viewer { role } currentPolicy { version } ${roots(count - 2)} }` }),
  aliases: (count) => ({ query: `{ ${times(count, (n) => `v${n}: viewer { role }`)} }` }),
  'a fragment spread twice': (count) => ({
    query: `{ ...F ...F ${roots(count - 2 * half(count))} } fragment F on Query { ${roots(half(count))} }`,
  }),
  'inline fragments': (count) => ({
    query: `{ ... on Query { ${roots(half(count))} ... { ${roots(count - half(count))} } } }`,
  }),
};

describe.each(Object.entries(TRANSPORTS))('over %s', (_, ask) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  it.each(Object.entries(ALIASES))('aliases are counted in %s', async (_, write) => {
    expect(codes(await ask(server.url, write(LIMITS.aliases)))).toEqual([]);
    const refused = await ask(server.url, write(LIMITS.aliases + 1));
    expect([codes(refused), refused.data ?? null]).toEqual([['ALIAS_LIMIT_EXCEEDED'], null]);
  });

  it.each(Object.entries(ROOTS))('fields of the root are counted in %s', async (_, write) => {
    expect(codes(await ask(server.url, write(LIMITS.rootFields)))).toEqual([]);
    const refused = await ask(server.url, write(LIMITS.rootFields + 1));
    expect([codes(refused), refused.data ?? null]).toEqual([['ROOT_FIELD_LIMIT_EXCEEDED'], null]);
  });

  it('fragments that double each other are counted without being written out', async () => {
    const doubling = times(40, (n) => `fragment D${n} on Query { ...D${n + 1} ... { ...D${n + 1} } }`);
    const query = `{ ...D0 } ${doubling} fragment D40 on Query { a: viewer { role } }`;
    const refused = await ask(server.url, { query });
    expect([codes(refused), refused.data ?? null]).toEqual([['COST_LIMIT_EXCEEDED'], null]);
  });

  it('a mutation is no exception', async () => {
    const { token } = await enrollFan(server, []);
    const pause = times(
      LIMITS.rootFields + 1,
      (n) => `p${n}: enrollFan(input: { displayName: "Again" policyVersion: "2026-1" }) { __typename }`,
    );
    expect(codes(await ask(server.url, { query: `mutation { ${pause} }` }, token))).toEqual([
      'ROOT_FIELD_LIMIT_EXCEEDED',
    ]);
  });
});

describe.each(Object.entries(TRANSPORTS).filter(([name]) => name !== 'HTTP'))('a subscription over %s', (_, ask) => {
  it('is counted like any other operation', async () => {
    const server = await startTestServer();
    const { token } = await enrollFan(server, ['OFFERS_LIVE']);
    const variables = { gameId: await liveGameId(server) };
    const withAliases = (count: number) => ({
      query: `subscription ($gameId: ID!) { liveOffers(gameId: $gameId) { ${times(count, (n) => `t${n}: __typename`)} } }`,
      variables,
    });
    expect(codes(await ask(server.url, withAliases(LIMITS.aliases), token))).toEqual([]);
    const refused = await ask(server.url, withAliases(LIMITS.aliases + 1), token);
    expect([codes(refused), refused.data ?? null]).toEqual([['ALIAS_LIMIT_EXCEEDED'], null]);
    await server.close();
  });
});
