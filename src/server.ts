/** Listening, with one clear message when it cannot be. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from './config.ts';

export class ListenError extends Error {}

/** The URL under which it answers. @throws ListenError. */
export function listen(server: Server, { HOST, PORT }: Pick<Config, 'HOST' | 'PORT'>): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new ListenError(explain(error, HOST, PORT))));
    server.listen(PORT, HOST, () => {
      const { port } = server.address() as AddressInfo;
      const host = HOST.includes(':') ? `[${HOST}]` : HOST;
      resolve(`http://${host === '0.0.0.0' || host === '[::]' ? 'localhost' : host}:${port}`);
    });
  });
}

function explain({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === 'EADDRINUSE') return `PORT: ${port} is taken. Stop what listens there, or choose another with PORT=….`;
  if (code === 'EACCES') return `PORT: this user may not listen on ${port}. Choose one above 1023.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `HOST: ${host} is not an address of this machine.`;
  return `The server cannot listen on ${host}:${port}: ${message}`;
}
