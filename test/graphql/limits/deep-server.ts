/** A schema without a bottom behind the real limits and the real edges: ours has no cycle that would reach the depth. */
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { Connections } from '../../../src/fairness/connections.ts';
import { useLimits } from '../../../src/graphql/limits.ts';
import { Drain } from '../../../src/live/drain.ts';
import { serveWebSockets } from '../../../src/live/websocket.ts';
import { createLog } from '../../../src/log.ts';
import { listen } from '../../../src/server.ts';

export async function startDeepServer(): Promise<{ url: string; close(): Promise<void> }> {
  const yoga = createYoga({
    schema: createSchema({
      typeDefs: 'type Query { deeper: Query! } type Subscription { deeper: Query! }',
      resolvers: {
        Query: { deeper: () => ({}) },
        Subscription: {
          deeper: {
            subscribe: async function* () {
              yield { deeper: {} };
            },
          },
        },
      },
    }),
    plugins: [useLimits()],
    logging: false,
  });
  const server = createServer(yoga);
  const verify = () => Promise.reject(new Error('Nobody signs in here.'));
  const drain = new Drain(server, 0);
  const sockets = serveWebSockets(server, {
    yoga,
    verify,
    path: '/graphql',
    allowedOrigins: [],
    leaving: () => drain.leaving,
    callerOf: () => ({ role: 'ANONYMOUS', key: 'anybody' }),
    connections: new Connections(100),
    onSignedIn: async () => {},
    log: createLog('silent'),
  });
  const url = `${await listen(server, { HOST: '127.0.0.1', PORT: 0 })}/graphql`;
  return {
    url,
    close: () => drain.leave(sockets),
  };
}
