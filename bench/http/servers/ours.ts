/**
 * Our own way over HTTP on the peers' schema, with our plans and all of our limits: size, introspection, cost by the
 * minute, and turns. What is left is the data, tokens, the lease and consent, which the whole application has.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { createYoga } from 'graphql-yoga';
import { readConfig } from '../../../src/config.ts';
import { type Caller, callerOf, createFairness, useFairness } from '../../../src/fairness/index.ts';
import { usePlannedExecution } from '../../../src/graphql/execution/index.ts';
import { graphqlRoute } from '../../../src/graphql/http/route.ts';
import { useIntrospection, useLimits } from '../../../src/graphql/limits.ts';
import { useVerdicts } from '../../../src/graphql/verdicts.ts';
import { type PeerContext, peerSchema } from '../schema.ts';
import { BENCHMARK_SETTINGS, portOf, type StartServer } from './server.ts';

const PATH = '/graphql';

export const start: StartServer = (source) => {
  const config = readConfig(BENCHMARK_SETTINGS);
  const yoga = createYoga<{ req: IncomingMessage }, PeerContext & { caller: Caller }>({
    schema: peerSchema(),
    graphqlEndpoint: PATH,
    graphiql: false,
    logging: false,
    context: ({ req }) => ({ source: source(), caller: callerOf(null, req, config.TRUSTED_PROXIES) }),
    parserAndValidationCache: { validationCache: false },
    plugins: [
      usePlannedExecution(),
      useVerdicts(),
      useLimits(),
      useIntrospection(config.INTROSPECTION),
      useFairness(createFairness(config, null)),
    ],
  });
  const route = graphqlRoute({ yoga, path: PATH, maskError: (error) => error as Error, corsHeaders: () => null });
  return portOf(
    createServer((request, response) => {
      if (!route(request, response)) void yoga(request, response);
    }),
  );
};
