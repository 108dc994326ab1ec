/**
 * Subscribing and unsubscribing, so many times a second, over sockets that stay open: each subscription ends as soon as
 * it has said where it stands. Its fans have never consented to live offers, so that nothing else may ever come.
 */
import WebSocket from 'ws';
import type { Endpoints } from '../gameday/client.ts';
import { LIVE_OFFERS } from '../gameday/documents.ts';

const TICK_MS = 50;
/** Of a socket, which may hold 32: what is overloaded is not to be drowned. */
const AT_ONCE = 3;
const RETRY_MS = 250;

export interface ChurnOptions {
  readonly endpoints: Endpoints;
  /** One socket each. */
  readonly tokens: readonly string[];
  readonly gameId: string;
  readonly perSecond: number;
}

export class Churn {
  readonly #options: ChurnOptions;
  readonly #seats: Seat[];
  readonly #timer: NodeJS.Timeout;
  #due = 0;
  #next = 0;

  constructor(options: ChurnOptions) {
    this.#options = options;
    this.#seats = options.tokens.map((token, number) => new Seat(options, token, number));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Subscriptions that were open and are closed. */
  get done(): number {
    return this.#seats.reduce((sum, { done }) => sum + done, 0);
  }

  get leaks(): readonly string[] {
    return this.#seats.flatMap(({ leaks }) => leaks);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const seat of this.#seats) seat.close();
  }

  /** What no socket is free for is left out: this counts what was done and does not queue. */
  #tick(): void {
    this.#due = Math.min(this.#due + (this.#options.perSecond * TICK_MS) / 1_000, this.#options.perSecond);
    for (let tried = 0; this.#due >= 1 && tried < this.#seats.length * AT_ONCE; tried += 1) {
      this.#next = (this.#next + 1) % this.#seats.length;
      if (this.#seats[this.#next]!.subscribe()) this.#due -= 1;
    }
  }
}

class Seat {
  readonly #options: ChurnOptions;
  readonly #token: string;
  readonly #open = new Set<string>();
  readonly leaks: string[] = [];
  #node: number;
  #socket: WebSocket | null = null;
  #ready = false;
  #closed = false;
  #count = 0;
  done = 0;

  constructor(options: ChurnOptions, token: string, number: number) {
    this.#options = options;
    this.#token = token;
    this.#node = number;
    this.#connect();
  }

  /** False: it cannot now. */
  subscribe(): boolean {
    if (!this.#ready || this.#open.size >= AT_ONCE) return false;
    this.#count += 1;
    const id = String(this.#count);
    this.#open.add(id);
    const { gameId } = this.#options;
    this.#send({ id, type: 'subscribe', payload: { query: LIVE_OFFERS, variables: { gameId } } });
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
  }

  #connect(): void {
    if (this.#closed) return;
    const urls = this.#options.endpoints();
    const socket = new WebSocket(urls[this.#node % urls.length]!.replace(/^http/, 'ws'), 'graphql-transport-ws');
    this.#socket = socket;
    this.#node += 1;
    socket.on('error', () => {});
    socket.on('open', () =>
      this.#send({ type: 'connection_init', payload: { authorization: `Bearer ${this.#token}` } }),
    );
    socket.on('message', (data) => this.#hear(JSON.parse(String(data))));
    socket.on('close', () => {
      this.#ready = false;
      this.#open.clear();
      setTimeout(() => this.#connect(), RETRY_MS).unref();
    });
  }

  #hear({ type, id, payload }: { type: string; id?: string; payload?: { data?: { liveOffers?: Event } } }): void {
    if (type === 'connection_ack') this.#ready = true;
    if (type === 'ping') this.#send({ type: 'pong' });
    if (!id || (type !== 'next' && type !== 'error')) return;
    const event = payload?.data?.liveOffers;
    if (event && event.__typename !== 'StreamPosition') this.leaks.push(`a ${event.__typename} without OFFERS_LIVE`);
    if (!this.#open.delete(id) || type === 'error') return;
    this.done += 1;
    this.#send({ id, type: 'complete' });
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

interface Event {
  readonly __typename: string;
}
