/** A contestant's server, over one source of rows. Resolves with the port. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Source } from '../sources.ts';

export type StartServer = (source: () => Source) => Promise<number>;

/** Each connection is a caller of its own, with a purse that outlasts the benchmark. */
export const BENCHMARK_SETTINGS = {
  NODE_ENV: 'test',
  PORT: '0',
  LOG_LEVEL: 'error',
  TRUSTED_PROXIES: '1',
  COST_PER_MINUTE_ANONYMOUS: '1000000000',
} as const;

export async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
