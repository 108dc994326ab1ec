/** mercurius on Fastify, compiling what it can from the first time on (`jit`). */
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import mercurius from 'mercurius';
import { peerSchema } from '../schema.ts';
import type { StartServer } from './server.ts';

export const start: StartServer = async (source) => {
  const app = fastify();
  await app.register(mercurius, { schema: peerSchema(), jit: 1, context: () => ({ source: source() }) as never });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
};
