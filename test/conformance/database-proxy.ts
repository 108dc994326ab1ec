/**
 * Stands between one node and PostgreSQL, and can get in the way: break connections and refuse new ones, let nothing
 * through while closing nothing, and drop or hold back notifications. It understands no more of the protocol than
 * where a message ends, and no TLS.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const NOTIFICATION = 'A'.charCodeAt(0);

interface Pair {
  readonly node: Socket;
  readonly database: Socket;
  readonly held: Buffer[];
}

export class DatabaseProxy {
  readonly #target: URL;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #cut: 'REFUSED' | 'SILENT' | null = null;
  #dropping = false;
  #holding = false;

  constructor(databaseUrl: string) {
    this.#target = new URL(databaseUrl);
    this.#server = createServer((node) => this.#join(node));
  }

  /** The database's URL by way of the proxy. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const url = new URL(this.#target);
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return url.href;
  }

  cut(how: 'REFUSED' | 'SILENT'): void {
    this.#cut = how;
    for (const { node, database } of this.#pairs) {
      if (how === 'REFUSED') node.resetAndDestroy();
      for (const socket of [node, database]) socket.pause();
    }
  }

  heal(): void {
    this.#cut = null;
    for (const { node, database } of this.#pairs) for (const socket of [node, database]) socket.resume();
  }

  /** What is dropped never arrives, whether or not it would have been held. */
  dropNotifications(drop: boolean): void {
    this.#dropping = drop;
  }

  holdNotifications(): void {
    this.#holding = true;
  }

  /** What was held arrives now. */
  releaseNotifications(): void {
    this.#holding = false;
    for (const { node, held } of this.#pairs) for (const message of held.splice(0)) node.write(message);
  }

  async close(): Promise<void> {
    for (const { node } of this.#pairs) node.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(node: Socket): void {
    if (this.#cut === 'REFUSED') {
      node.resetAndDestroy();
      return;
    }
    const database = connect({ host: this.#target.hostname, port: Number(this.#target.port || 5432) });
    const pair: Pair = { node, database, held: [] };
    this.#pairs.add(pair);
    let rest: Buffer = Buffer.alloc(0);
    node.on('data', (chunk) => database.write(chunk));
    database.on('data', (chunk) => {
      rest = this.#pass(pair, Buffer.concat([rest, chunk]));
    });
    for (const socket of [node, database]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#pairs.delete(pair);
        node.destroy();
        database.destroy();
      });
      if (this.#cut) socket.pause();
    }
  }

  /** A message is a type, a length that counts itself, and a body. Returns what is not yet whole. */
  #pass({ node, held }: Pair, bytes: Buffer): Buffer {
    let start = 0;
    while (bytes.length - start >= 5) {
      const end = start + 1 + bytes.readInt32BE(start + 1);
      if (end > bytes.length) break;
      const message = bytes.subarray(start, end);
      const notification = message[0] === NOTIFICATION;
      if (notification && this.#holding && !this.#dropping) held.push(message);
      else if (!notification || !this.#dropping) node.write(message);
      start = end;
    }
    return bytes.subarray(start);
  }
}
