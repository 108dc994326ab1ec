/** Our own way over HTTP, our limits and our plans, on the peers' schema: what is left is the data. */
import { createServer } from 'node:http';
import { createYoga } from 'graphql-yoga';
import { usePlannedExecution } from '../../../src/graphql/execution/index.ts';
import { graphqlRoute } from '../../../src/graphql/http/route.ts';
import { useLimits } from '../../../src/graphql/limits.ts';
import { useVerdicts } from '../../../src/graphql/verdicts.ts';
import { peerSchema } from '../schema.ts';
import { portOf, type StartServer } from './server.ts';

const PATH = '/graphql';

export const start: StartServer = (source) => {
  const yoga = createYoga({
    schema: peerSchema(),
    graphqlEndpoint: PATH,
    graphiql: false,
    logging: false,
    context: () => ({ source: source() }),
    parserAndValidationCache: { validationCache: false },
    plugins: [usePlannedExecution(), useVerdicts(), useLimits()],
  });
  const route = graphqlRoute({ yoga, path: PATH, maskError: (error) => error as Error, corsHeaders: () => null });
  return portOf(
    createServer((request, response) => {
      if (!route(request, response)) void yoga(request, response);
    }),
  );
};
