/**
 * The load generator's process: connections that are kept, each of which asks again when it has its answer. Requests are
 * made once as bytes and answers are counted as bytes, so that the server is what is measured.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { now, serveParent } from '../process/serve.ts';
import { QUERY } from './schema.ts';

const BODY = JSON.stringify({ query: QUERY });
const OK = Buffer.from('HTTP/1.1 200');

class Connection {
  readonly #port: number;
  readonly #request: Buffer;
  #socket: Socket | null = null;
  #chunks: Buffer[] = [];
  /** Of the answer before: most have as many bytes, head and body. */
  #size = 0;
  #answered: PromiseWithResolvers<void> | null = null;
  last: Buffer = Buffer.alloc(0);

  /** `client`: as which of many it comes, by the word of a proxy; servers that bound what one may take tell them apart. */
  constructor(port: number, client: number) {
    this.#request = Buffer.from(
      `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Forwarded-For: 10.0.0.${client}\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`,
    );
    this.#port = port;
  }

  /** Servers hang up on who is silent for some seconds, as everybody is while it is the others' turn. */
  async open(): Promise<void> {
    if (this.#socket?.writable) return;
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    await once(socket, 'connect');
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('close', () => this.#answered?.reject(new Error('The server hung up.')));
    socket.on('error', (error) => this.#answered?.reject(error));
  }

  ask(): Promise<void> {
    this.#answered = Promise.withResolvers();
    this.#socket!.write(this.#request);
    return this.#answered.promise;
  }

  close(): void {
    this.#answered = null;
    this.#socket?.destroy();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    const answer = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    if (answer.length !== this.#size) {
      if (!isWhole(answer)) return;
      this.#size = answer.length;
    }
    if (OK.compare(answer, 0, OK.length) !== 0) {
      this.#answered?.reject(new Error(`An unexpected answer: ${answer.toString('utf8', 0, 500)}`));
      return;
    }
    this.last = answer;
    this.#chunks = [];
    this.#answered?.resolve();
  }
}

/** By its length, or by its last chunk. */
function isWhole(answer: Buffer): boolean {
  const text = answer.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1];
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : answer.length === end + 4 + Number(length);
}

function bodyOf(answer: Buffer): string {
  const text = answer.toString('utf8');
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  if (!/^transfer-encoding: *chunked/im.test(text)) return body;
  return body.replace(/(?:^|\r\n)[\da-f]+\r\n/gi, '').replace(/\r\n$/, '');
}

const crowds = new Map<number, Connection[]>();

serveParent({
  begin: ({ port, connections }: { port: number; connections: number }) => {
    crowds.set(
      port,
      Array.from({ length: connections }, (_, client) => new Connection(port, client)),
    );
  },
  /** How long so many requests took, all connections together, in milliseconds. */
  run: async ({ port, requests }: { port: number; requests: number }): Promise<number> => {
    const crowd = crowds.get(port)!;
    await Promise.all(crowd.map((connection) => connection.open()));
    let left = requests;
    const began = now();
    await Promise.all(
      crowd.map(async (connection) => {
        while (left-- > 0) await connection.ask();
      }),
    );
    return now() - began;
  },
  /** The body that was heard last. */
  sample: ({ port }: { port: number }) => bodyOf(crowds.get(port)!.find(({ last }) => last.length > 0)!.last),
  end: ({ port }: { port: number }) => {
    for (const connection of crowds.get(port) ?? []) connection.close();
  },
});
