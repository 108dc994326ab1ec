/** Apollo Server in its standalone form. */
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { type PeerContext, peerSchema } from '../schema.ts';
import type { StartServer } from './server.ts';

export const start: StartServer = async (source) => {
  const server = new ApolloServer<PeerContext>({ schema: peerSchema() });
  const { url } = await startStandaloneServer(server, {
    listen: { port: 0, host: '127.0.0.1' },
    context: async () => ({ source: source() }),
  });
  return Number(new URL(url).port);
};
