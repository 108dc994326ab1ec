/** The wire between a node and its database: it can be cut, so that nothing passes and nothing is closed, and mended. */
import { connect, createServer, type Socket } from 'node:net';

export interface Wire {
  /** The database's URL, over this wire. */
  readonly url: string;
  /** Cuts every connection, or those whose `application_name` fits; the ones to come too. */
  cut(applicationName?: RegExp): void;
  mend(): void;
  close(): Promise<void>;
}

class Pair {
  /** The first thing that a client says holds its `application_name`. */
  #greeting = '';
  readonly near: Socket;
  readonly far: Socket;

  constructor(near: Socket, far: Socket, cut: () => RegExp | null) {
    this.near = near;
    this.far = far;
    near.on('data', (chunk) => {
      this.#greeting ||= chunk.toString('latin1');
      far.write(chunk);
      this.obey(cut());
    });
    far.on('data', (chunk) => near.write(chunk));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
  }

  obey(cut: RegExp | null): void {
    for (const socket of [this.near, this.far]) {
      if (cut?.test(this.#greeting)) socket.pause();
      else socket.resume();
    }
  }
}

export async function layWire(databaseUrl: string): Promise<Wire> {
  const target = new URL(databaseUrl);
  const pairs = new Set<Pair>();
  let cut: RegExp | null = null;
  const server = createServer((near) => {
    const pair = new Pair(near, connect(Number(target.port), target.hostname), () => cut);
    pairs.add(pair);
    near.on('close', () => pairs.delete(pair));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(typeof address === 'object' && address?.port);
  const obey = (which: RegExp | null) => {
    cut = which;
    for (const pair of pairs) pair.obey(cut);
  };
  return {
    url: url.href,
    cut: (applicationName = /(?:)/) => obey(applicationName),
    mend: () => obey(null),
    async close() {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
