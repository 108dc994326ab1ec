/** A contestant's server, over one source of rows. Resolves with the port. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Source } from '../sources.ts';

export type StartServer = (source: () => Source) => Promise<number>;

export async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
