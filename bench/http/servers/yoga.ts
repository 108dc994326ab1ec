/** graphql-yoga as its documentation starts it. */
import { createServer } from 'node:http';
import { createYoga } from 'graphql-yoga';
import { peerSchema } from '../schema.ts';
import { portOf, type StartServer } from './server.ts';

export const start: StartServer = (source) =>
  portOf(createServer(createYoga({ schema: peerSchema(), logging: false, context: () => ({ source: source() }) })));
