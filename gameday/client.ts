/** Speaks to the server as any client would: HTTP for operations, graphql-ws or SSE for streams. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { LIVE_OFFERS, MUTATIONS, type MutationName } from './documents.ts';

// biome-ignore lint/suspicious/noExplicitAny: what the server answers is judged, not believed
export type Json = any;

export interface Result {
  readonly sent: number;
  readonly returned: number;
  readonly data: Json;
}

/** Whatever a stream receives, as it is received. */
export type Receive = (frame: Json) => void;

export interface OpenStream {
  close(): void;
  /** Reads nothing until it is told to go on. */
  stall?(): void;
  goOn?(): void;
}

/** Hung up on while it still connects, `ws` raises an error for which nobody listens any more. */
class PatientWebSocket extends WebSocket {
  constructor(...args: ConstructorParameters<typeof WebSocket>) {
    super(...args);
    this.on('error', () => {});
  }
}

/** The nodes' endpoints as they are now: one that was killed comes back elsewhere. */
export type Endpoints = () => readonly string[];

const RETRY_MS = 150;
const PATIENCE_MS = 30_000;
/** Asking again is safe: every operation here is idempotent, or carries its key. */
const AGAIN = new Set(['UNAVAILABLE', 'OUTCOME_UNKNOWN']);

export class GraphQLClient {
  readonly #endpoints: Endpoints;
  /** Which node is asked: one's own first, then the next. */
  #node: number;

  constructor(endpoints: Endpoints, node = 0) {
    this.#endpoints = endpoints;
    this.#node = node;
  }

  /** A client of the same nodes that begins with another one. */
  at(node: number): GraphQLClient {
    return new GraphQLClient(this.#endpoints, node);
  }

  /** Asks until a node answers; the span covers all of it. @throws Error for anything but data. */
  async ask(token: string | null, query: string, variables: Record<string, unknown>): Promise<Result> {
    const sent = performance.now();
    for (;;) {
      const answer = await this.#post(token, { query, variables });
      if (answer.data && !isUnsettled(answer)) return { sent, returned: performance.now(), data: answer.data };
      if (!isUnsettled(answer) || performance.now() - sent > PATIENCE_MS) {
        throw new Error(`The server answered ${JSON.stringify(answer)}`);
      }
      this.moveOn();
      await sleep(RETRY_MS);
    }
  }

  moveOn(): void {
    this.#node += 1;
  }

  /** The member of the result union, whichever it is. */
  async mutate(token: string, name: MutationName, input: Record<string, unknown>): Promise<Result> {
    const result = await this.ask(token, MUTATIONS[name], { input });
    return { ...result, data: result.data[name] };
  }

  /** @throws Error where the outcome is not success. */
  async must(token: string, name: MutationName, input: Record<string, unknown>): Promise<Result> {
    const result = await this.mutate(token, name, input);
    if (result.data.code) throw new Error(`${name}: ${result.data.code} ${result.data.message}`);
    return result;
  }

  /** `lost` is called once when the connection goes, whoever is to blame. */
  openWebSocket(
    token: string,
    variables: Record<string, unknown>,
    receive: Receive,
    lost: () => void,
    query: string = LIVE_OFFERS,
  ): OpenStream {
    let socket: WebSocket | null = null;
    const client: Client = createClient({
      on: {
        opened: (opened) => {
          socket = opened as WebSocket;
        },
      },
      url: this.#url.replace(/^http/, 'ws'),
      webSocketImpl: PatientWebSocket,
      retryAttempts: 0,
      connectionParams: { authorization: `Bearer ${token}` },
    });
    const failed = (error: unknown) => {
      const errors = Array.isArray(error) ? error : null;
      if (errors && !isUnsettled({ errors })) receive({ errors });
      else lost();
    };
    client.subscribe({ query, variables }, { next: receive, error: failed, complete: lost });
    return { close: () => client.terminate(), stall: () => socket?.pause(), goOn: () => socket?.resume() };
  }

  openServerSentEvents(
    token: string,
    variables: Record<string, unknown>,
    receive: Receive,
    lost: () => void,
    query: string = LIVE_OFFERS,
  ): OpenStream {
    const abort = new AbortController();
    const read = async () => {
      const response = await fetch(this.#url, {
        method: 'POST',
        signal: abort.signal,
        headers: { ...headers(token), accept: 'text/event-stream' },
        body: JSON.stringify({ query, variables }),
      });
      let rest = '';
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const events = (rest + chunk).split('\n\n');
        rest = events.pop()!;
        for (const event of events) {
          const data = /^event: next\ndata: (.+)$/m.exec(event)?.[1];
          const frame = data ? JSON.parse(data) : null;
          if (frame && !isUnsettled(frame)) receive(frame);
        }
      }
    };
    read().then(lost, lost);
    return { close: () => abort.abort() };
  }

  get #url(): string {
    const urls = this.#endpoints();
    return urls[this.#node % urls.length]!;
  }

  async #post(token: string | null, body: object): Promise<Json> {
    try {
      const response = await fetch(this.#url, { method: 'POST', headers: headers(token), body: JSON.stringify(body) });
      return await response.json();
    } catch (error) {
      return { errors: [{ message: String(error), extensions: { code: 'UNAVAILABLE' } }] };
    }
  }
}

/** No node answered, or one that does not know: in an error, or in a result of a mutation. */
export function isUnsettled({ data, errors }: Json): boolean {
  if (errors?.some((error: Json) => AGAIN.has(error.extensions?.code))) return true;
  return Object.values(data ?? {}).some((result) => AGAIN.has((result as Json)?.code));
}

const headers = (token: string | null): Record<string, string> => ({
  'content-type': 'application/json',
  ...(token ? { authorization: `Bearer ${token}` } : {}),
});
