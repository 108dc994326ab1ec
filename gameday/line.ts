/**
 * One subscriber's line to the server: a stream that is opened again at the next node when it is lost, and resumes after
 * the last frame that was received.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphQLClient, Json, OpenStream } from './client.ts';
import type { Session } from './journal.ts';

const RESUME_MS = 200;
const OPENS_WITHIN_MS = 30_000;

export interface LineOptions {
  readonly client: GraphQLClient;
  /** For errors, when it does not open. */
  readonly name: string;
  readonly token: string;
  readonly query: string;
  /** The root field of the query. */
  readonly root: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly overSse: boolean;
  /** Every frame but the ones that only say where the stream stands. */
  readonly receive: (event: Json, errors: unknown) => void;
}

export class Line {
  readonly sessions: Session[] = [];
  readonly #options: LineOptions;
  #cursor: string | null = null;
  #stream: OpenStream | null = null;
  /** Raised with every call and hanging up, so that what was meant for an earlier call is not done. */
  #calls = 0;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Resolves once the stream has said where it stands. */
  async listen(): Promise<void> {
    const { client, name, token, query, variables, overSse } = this.#options;
    const session = { opened: Number.POSITIVE_INFINITY, closed: Number.POSITIVE_INFINITY };
    this.sessions.push(session);
    this.#calls += 1;
    const calls = this.#calls;
    const standing = Promise.withResolvers<void>();
    const late = setTimeout(() => standing.reject(new Error(`${name}'s stream did not open`)), OPENS_WITHIN_MS);
    const receive = (message: Json) => {
      if (session.closed !== Number.POSITIVE_INFINITY) return;
      this.#receive(message);
      if (session.opened !== Number.POSITIVE_INFINITY) return;
      session.opened = performance.now();
      standing.resolve();
    };
    const lost = () => {
      if (session.closed !== Number.POSITIVE_INFINITY) return;
      session.closed = performance.now();
      client.moveOn();
      setTimeout(() => {
        if (calls === this.#calls) this.listen().then(standing.resolve, standing.reject);
        else standing.resolve();
      }, RESUME_MS);
    };
    const used = { ...variables, after: this.#cursor };
    this.#stream = overSse
      ? client.openServerSentEvents(token, used, receive, lost, query)
      : client.openWebSocket(token, used, receive, lost, query);
    await standing.promise.finally(() => clearTimeout(late));
  }

  hangUp(): void {
    this.#calls += 1;
    const session = this.sessions.at(-1);
    if (session && session.closed === Number.POSITIVE_INFINITY) session.closed = performance.now();
    this.#stream?.close();
    this.#stream = null;
  }

  /** Reads nothing for a while, as a phone in a pocket. Over a WebSocket only. */
  async stall(ms: number): Promise<void> {
    const stream = this.#stream;
    stream?.stall?.();
    await sleep(ms);
    stream?.goOn?.();
  }

  #receive({ data, errors }: Json): void {
    const event = data?.[this.#options.root];
    if (event) this.#cursor = event.cursor;
    if (!errors && event?.__typename === 'StreamPosition') return;
    this.#options.receive(event, errors ?? (event?.__typename === 'StreamGap' ? 'a gap' : null));
  }
}
