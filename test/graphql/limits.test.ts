/**
 * What one operation may ask for holds over HTTP, SSE and WebSocket alike: at each limit an operation is answered, and
 * one step beyond it is refused with a code, however it is written.
 */
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_PAGE_SIZE } from '../../src/graphql/connection.ts';
import { LIMITS } from '../../src/graphql/limits.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { enrollFan, liveGameId } from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';
import { type Request, TRANSPORTS } from '../support/transports.ts';
import { startDeepServer } from './limits/deep-server.ts';

const times = (count: number, field: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => field(n)).join(' ');
const codes = (answer: Answer) => (answer.errors ?? []).map(({ extensions }) => extensions?.code);

/** Of exactly this cost: the viewer's role, again and again. */
const asking = (cost: number) => (cost < 2 ? '__typename '.repeat(cost) : `viewer { ${'role '.repeat(cost - 1)} }`);

/** Of exactly this cost, by a page of 100 games with so many fields each, and the rest beside it. */
function selection(cost: number, page = 'first: 100', each = (fields: string) => fields): string {
  const rounds = Math.floor((cost - 1) / 100) - 1;
  const rest = cost - 1 - 100 * (rounds + 1);
  return `games(${page}) { edges { node { ${each('id '.repeat(rounds))} } } } ${asking(rest)}`;
}

/** Each writes an operation of the cost asked for. */
const DISGUISES: Record<string, (cost: number) => Request> = {
  'one field again and again': (cost) => ({ query: `{ ${selection(cost)} }` }),
  'aliases of one field': (cost) => {
    const aliased = `more: games(first: 100) { edges { node { ${times(LIMITS.aliases - 1, (n) => `l${n}: id`)} } } }`;
    return { query: `{ ${aliased} ${selection(cost - 1 - 100 * LIMITS.aliases)} }` };
  },
  'aliases of a whole page': (cost) => {
    const page = (n: number) => `p${n}: games(first: 100) { edges { node { ${'id '.repeat(9)} } } }`;
    return { query: `{ ${times(18, page)} ${selection(cost - 18 * 1001)} }` };
  },
  fragments: (cost) => {
    const ids = 'id '.repeat(49);
    const chain = [0, 1, 2].map((n) => `fragment F${n} on Game { ${ids} ...F${n + 1} }`);
    const rest = cost - 1 - 100 * (1 + 4 * 49);
    return {
      query: `{ ...Root } fragment Root on Query { games(first: 100) { edges { node { ...F0 } } } ${asking(rest)} }
        ${chain.join(' ')} fragment F3 on Game { ${ids} }`,
    };
  },
  'inline fragments': (cost) => ({
    query: `{ ... on Query { ... { ${selection(cost, 'first: 100', (fields) => `... on Node { ... on Game { ${fields} } }`)} } } }`,
  }),
  'a variable': (cost) => ({
    query: `query ($n: Int) { ${selection(cost, 'first: $n')} }`,
    variables: { n: 100 },
  }),
  "a variable's default": (cost) => ({ query: `query ($n: Int = 100) { ${selection(cost, 'first: $n')} }` }),
  'the page from its end': (cost) => ({ query: `{ ${selection(cost, 'last: 100')} }` }),
  'a condition': (cost) => ({ query: `{ ... @include(if: true) { ${selection(cost)} } }` }),
  'lists within pages': (cost) => {
    const zones = `venue { zones { ${'id '.repeat(19)} } }`;
    const rest = cost - 1 - 100 * (1 + 2 + 10 * 19);
    return { query: `{ games(first: 100) { edges { node { ${zones} } } } ${asking(rest)} }` };
  },
  'the operation chosen by name': (cost) => ({
    query: `query Cheap { viewer { role } } query Dear { ${selection(cost)} }`,
    operationName: 'Dear',
  }),
};

const CONNECTIONS = Object.values(buildSchema().getQueryType()!.getFields())
  .filter(({ args }) => args.some(({ name }) => name === 'first'))
  .map(({ name }) => name);

describe.each(Object.entries(TRANSPORTS))('over %s', (_, ask) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  it.each(Object.entries(DISGUISES))('the cost is counted in %s', async (_, write) => {
    const allowed = await ask(server.url, write(LIMITS.cost));
    expect([codes(allowed), allowed.extensions.cost.requested]).toEqual([[], LIMITS.cost]);
    const refused = await ask(server.url, write(LIMITS.cost + 1));
    expect([codes(refused), refused.data ?? null]).toEqual([['COST_LIMIT_EXCEEDED'], null]);
  });

  it('only the operation that will run is counted, and it must be there', async () => {
    const { query } = DISGUISES['the operation chosen by name']!(LIMITS.cost + 1);
    const cheap = await ask(server.url, { query, operationName: 'Cheap' });
    expect(cheap).toMatchObject({ data: { viewer: { role: 'ANONYMOUS' } }, extensions: { cost: { requested: 2 } } });
    for (const request of [{ query }, { query, operationName: 'Neither' }]) {
      expect(codes(await ask(server.url, request))).toEqual(['OPERATION_RESOLUTION_FAILURE']);
    }
  });

  it('fragments that double each other are counted without being written out', async () => {
    const doubling = times(40, (n) => `fragment D${n} on Query { ...D${n + 1} ... on Query { ...D${n + 1} } }`);
    const query = `{ ...D0 } ${doubling} fragment D40 on Query { viewer { role } }`;
    expect(codes(await ask(server.url, { query }))).toEqual(['COST_LIMIT_EXCEEDED']);
  });

  it('introspection is answered once, and not again under an alias', async () => {
    expect(codes(await ask(server.url, { query: getIntrospectionQuery() }))).toEqual([]);
    for (const query of [
      '{ __schema { types { name } } again: __schema { types { name } } }',
      '{ __type(name: "Fan") { fields { name again: name } } }',
      '{ ...F } fragment F on Query { __schema { ...S } } fragment S on __Schema { t: types { name } }',
    ]) {
      expect(codes(await ask(server.url, { query }))).toEqual(['COST_LIMIT_EXCEEDED']);
    }
  });

  it('a document has so many tokens and no more', async () => {
    const operation = (n: number) => `query Q${n} { viewer { role } }`; // of 8
    const askFirst = (query: string) => ask(server.url, { query, operationName: 'Q0' });
    const document = times(LIMITS.tokens / 8, operation);
    expect(codes(await askFirst(document))).toEqual([]);
    const one = await askFirst(document.replace('role', 'role role'));
    expect([codes(one), one.errors![0]!.message]).toEqual([
      ['GRAPHQL_PARSE_FAILED'],
      expect.stringContaining(`${LIMITS.tokens} tokens`),
    ]);
  });

  it.each(CONNECTIONS)('a page of %s has 100 at most, from either end', async (name) => {
    for (const end of ['first', 'last']) {
      const page = (size: number) => ask(server.url, { query: `{ ${name}(${end}: ${size}) { edges { cursor } } }` });
      expect(codes(await page(MAX_PAGE_SIZE))).toEqual([]);
      expect(codes(await page(MAX_PAGE_SIZE + 1))).toEqual(['BAD_INPUT']);
      expect(codes(await page(-1))).toEqual(['BAD_INPUT']);
    }
  });

  it('a document goes so deep and no deeper, with or without fragments', async () => {
    const deep = await startDeepServer();
    const nest = (levels: number, word = 'deeper', leaf = '__typename'): string =>
      levels === 1 ? leaf : `${word} { ${nest(levels - 1, word, leaf)} }`;
    const half = LIMITS.depth / 2;
    const shapes = (levels: number) => [
      `{ ${nest(levels)} }`,
      `{ ${nest(half + 1, 'deeper', '...Rest')} } fragment Rest on Query { ... { ${nest(levels - half)} } }`,
      `query Shallow { __typename } query Deep { ${nest(levels)} }`,
    ];
    for (const query of shapes(LIMITS.depth)) {
      const answer = await ask(deep.url, { query, ...(query.includes('Deep') ? { operationName: 'Deep' } : {}) });
      expect(codes(answer)).toEqual([]);
    }
    for (const query of shapes(LIMITS.depth + 1)) {
      const answer = await ask(deep.url, { query, ...(query.includes('Deep') ? { operationName: 'Deep' } : {}) });
      expect([codes(answer), answer.data ?? null]).toEqual([['DEPTH_LIMIT_EXCEEDED'], null]);
    }
    await deep.close();
  });

  it('nothing is explained where introspection is off', async () => {
    const silent = await startTestServer({ databaseUrl: server.databaseUrl, settings: { INTROSPECTION: 'false' } });
    expect(codes(await ask(silent.url, { query: '{ __typename viewer { __typename } }' }))).toEqual([]);
    for (const query of [
      getIntrospectionQuery(),
      '{ __type(name: "Fan") { name } }',
      '{ ...F } fragment F on Query { ... on Query { __schema { queryType { name } } } }',
      'query Open { __typename } query Hidden { __schema { queryType { name } } }',
    ]) {
      const answer = await ask(silent.url, { query, ...(query.includes('Hidden') ? { operationName: 'Open' } : {}) });
      expect([new Set(codes(answer)), answer.data ?? null]).toEqual([new Set(['GRAPHQL_VALIDATION_FAILED']), null]);
    }
    await silent.close();
  });
});

describe.each(Object.entries(TRANSPORTS).filter(([name]) => name !== 'HTTP'))('a subscription over %s', (_, ask) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  it('is counted like any other operation', async () => {
    const { token } = await enrollFan(server, ['OFFERS_LIVE']);
    const variables = { gameId: await liveGameId(server) };
    const costing = (cost: number) => ({
      query: `subscription ($gameId: ID!) { liveOffers(gameId: $gameId) { ${'__typename '.repeat(cost - 19_821)}
        ... on OfferAnnounced { ${times(20, (n) => `b${n}: because { ...Texts }`)} } } }
        fragment Texts on Reason { ${'text '.repeat(99)} }`,
      variables,
    });
    const opened = await ask(server.url, costing(LIMITS.cost), token);
    expect([codes(opened), opened.data.liveOffers.__typename]).toEqual([[], 'StreamPosition']);
    const refused = await ask(server.url, costing(LIMITS.cost + 1), token);
    expect([codes(refused), refused.data ?? null]).toEqual([['COST_LIMIT_EXCEEDED'], null]);
  });
});
