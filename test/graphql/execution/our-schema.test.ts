/**
 * The same of our own schema, on a server with people in it: the contract's documents and random ones, asked by everyone,
 * are answered as graphql-js answers them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import {
  type DocumentNode,
  execute,
  isInputType,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  typeFromAST,
  validate,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../../src/context.ts';
import { executeByPlan } from '../../../src/graphql/execution/execute.ts';
import { identify } from '../../../src/identity/identify.ts';
import { ANONYMOUS, type Viewer } from '../../../src/identity/viewer.ts';
import { announce, enrollFan, liveGameId, mutate, zoneIds } from '../../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../../support/server.ts';
import { type Values, writeDocument, writeValue } from './documents.ts';
import { drawn } from './draw.ts';

const CONTRACT = fileURLToPath(new URL('../../../../shared/contract/operations.graphql', import.meta.url));
const SCOPES = [
  'PRESENCE_VENUE',
  'PRESENCE_ZONE',
  'OFFERS_LIVE',
  'HISTORY_ATTENDANCE',
  'PROFILE_PREFERENCES',
  'PERSONALIZATION',
];

describe('an answer of our own', () => {
  let server: TestServer;
  let viewers: Viewer[];
  let ids: string[];
  beforeAll(async () => {
    server = await startTestServer();
    const gameId = await liveGameId(server);
    const zones = await zoneIds(server);
    const { token } = await enrollFan(server, SCOPES);
    await mutate(server, token, 'checkIn', {
      gameId,
      method: 'TICKET',
      nonce: 'gate',
      zoneId: Object.values(zones)[0],
    });
    const offerId = await announce(server, gameId);
    const claims = [
      await server.services.verify(token),
      ...(await Promise.all(
        [
          ['PARTNER', 'demo-partner'],
          ['STAFF', 'demo'],
          ['FAN', 'nobody'],
        ].map(async ([role, subject]) => server.services.verify(await tokenOf(role as 'FAN', subject!))),
      )),
    ];
    viewers = [ANONYMOUS, ...(await Promise.all(claims.map((each) => identify(server.services.orm.em.fork(), each))))];
    const { data } = await server.ask(
      token,
      '{ me { id } teams(first: 2) { edges { node { id } } } venues(first: 1) { edges { node { id } } } }',
    );
    ids = [
      gameId,
      offerId,
      ...Object.values(zones),
      data.me.id,
      data.teams.edges[0].node.id,
      data.venues.edges[0].node.id,
      'nobody',
    ];
  });
  afterAll(() => server.close());

  const values: Values = (type, name, draw) => {
    if (type.name === 'ID') return twice(draw.from(ids));
    if (name === 'first' || name === 'last') return [String(draw.below(4)), draw.below(4)];
    if (name === 'after' || name === 'before') return draw.chance(4) ? twice('no cursor') : ['null', null];
    return name === 'code' ? twice(draw.from(['BOS', 'fenway', 'PROFILE'])) : null;
  };

  async function compare(document: DocumentNode, variableValues: Record<string, unknown>, changes = false) {
    const { schema, services } = server;
    for (const viewer of viewers) {
      const answerOf = async (run: typeof execute) => {
        const result = await run({ schema, document, variableValues, contextValue: createContext(services, viewer) });
        return JSON.stringify(
          result,
          changes ? (_, value) => (typeof value === 'object' ? value : typeof value) : undefined,
        );
      };
      // What a mutation does the first time, it may not do again.
      if (changes) await answerOf(execute);
      expect(await answerOf(executeByPlan as typeof execute), print(document)).toBe(await answerOf(execute));
    }
  }

  it('of a random query is what graphql-js would have given', async () => {
    let [valid, full] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        drawn((draw) => writeDocument(draw, { schema: server.schema, kind: 'query', values, depth: 4 })),
        async ({ text, variables }) => {
          const document = parse(text);
          if (validate(server.schema, document).length > 0) return;
          valid += 1;
          if (!text.includes('__schema')) full += 1;
          await compare(document, variables);
        },
      ),
      { numRuns: 60 },
    );
    expect(valid).toBeGreaterThan(20);
    expect(full).toBeGreaterThan(10);
  });

  const present = existsSync(CONTRACT);
  it.skipIf(!present)(
    `of the contract's documents too${present ? '' : ' (skipped: the contract is not here)'}`,
    async () => {
      const contract = parse(readFileSync(CONTRACT, 'utf8'));
      const documents = contract.definitions
        .filter((each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION)
        .filter(({ operation }) => operation !== 'subscription')
        .map((operation) => ({ ...contract, definitions: [operation] }))
        .filter((document) => validate(server.schema, document).length === 0);
      expect(documents.length).toBeGreaterThan(15);
      for (const document of documents) {
        const [operation] = document.definitions as OperationDefinitionNode[];
        const variables = () =>
          drawn((draw) => {
            const given = (operation!.variableDefinitions ?? []).map(({ variable, type }) => {
              const named = typeFromAST(server.schema, type as never);
              if (!isInputType(named)) throw new Error(`Not a type of inputs: ${print(type)}`);
              return [
                variable.name.value,
                writeValue(draw, { schema: server.schema, kind: 'query', values }, named, variable.name.value),
              ] as const;
            });
            return Object.fromEntries(given.filter(() => !draw.chance(8)));
          });
        for (const each of fc.sample(variables(), 4))
          await compare(document, each, operation!.operation === 'mutation');
      }
    },
  );
});

const twice = (text: string): [string, unknown] => [JSON.stringify(text), text];
