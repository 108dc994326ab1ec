/**
 * How a node leaves. From the first moment it accepts nothing new and says so; what was asked is answered; sockets hear
 * 1001 and streams over HTTP end between two bytes of theirs and no error, spread over seconds, so that their clients,
 * who go on from their cursors, do not all arrive at the other nodes at once.
 *
 * When `leave` resolves nothing can be written to anybody any more: only then may the lease be given back.
 */
import type { Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Plugin } from 'graphql-yoga';
import type { WebSocket, WebSocketServer } from 'ws';

const GOING_AWAY = 1001;
const TICK_MS = 50;
/** A little more than the slowest statement may take. */
const ANSWERED_WITHIN_MS = 16_000;
/** For the other side to answer a close, or to take what was written. */
const FAREWELL_MS = 2_000;

export class Drain {
  readonly #server: Server;
  readonly #spreadMs: number;
  readonly #responses = new Set<ServerResponse>();
  /** Queries and mutations that a socket still waits for. */
  readonly #answers = new Map<WebSocket, number>();
  readonly #hurry = new AbortController();
  #leaving = false;

  constructor(server: Server, seconds: number) {
    this.#server = server;
    this.#spreadMs = seconds * 1_000;
    // Before any other listener, so that whatever it does is seen.
    server.prependListener('request', (_, response: ServerResponse) => {
      this.#responses.add(response);
      response.once('close', () => this.#responses.delete(response));
      if (this.#leaving) response.setHeader('connection', 'close');
    });
  }

  get leaving(): boolean {
    return this.#leaving;
  }

  /** Streams open over HTTP. */
  get eventStreams(): number {
    return [...this.#responses].filter(isStream).length;
  }

  /** Tells which sockets wait for an answer. Streams are no answers: their clients go on elsewhere. */
  watchSockets(): Plugin<{ extra?: { socket: WebSocket } }> {
    return {
      onExecute: ({ args }) => {
        const socket = args.contextValue.extra?.socket;
        if (!socket) return;
        this.#answers.set(socket, (this.#answers.get(socket) ?? 0) + 1);
        // The answer is written by whoever asked for it, some turns of the loop after this.
        return { onExecuteDone: () => void setTimeout(() => this.#answered(socket), TICK_MS) };
      },
    };
  }

  /** May be called again, and then waits for the same end. */
  async leave(sockets: WebSocketServer): Promise<void> {
    this.#leaving = true;
    this.#server.close();
    for (const response of this.#responses) if (!response.headersSent) response.setHeader('connection', 'close');
    const streams = [...this.#responses].filter(isStream);
    await this.#spread([
      ...[...sockets.clients].map((socket) => () => this.#dismiss(socket)),
      ...streams.map((stream) => async () => endStream(stream)),
    ]);
    await this.#until(ANSWERED_WITHIN_MS, () => {
      for (const response of this.#responses) if (isStream(response)) endStream(response);
      return this.#responses.size === 0;
    });
    for (const socket of sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    sockets.close();
  }

  /** Whoever waits has waited enough: everything ends now. */
  hurry(): void {
    this.#hurry.abort();
  }

  async #spread(farewells: readonly (() => Promise<void>)[]): Promise<void> {
    const ticks = Math.max(1, Math.min(farewells.length, Math.round(this.#spreadMs / TICK_MS)));
    const place = (tick: number) => Math.floor((tick * farewells.length) / ticks);
    const said: Promise<void>[] = [];
    for (let tick = 0; tick < ticks; tick += 1) {
      if (tick > 0) await this.#until(TICK_MS, () => false);
      said.push(...farewells.slice(place(tick), place(tick + 1)).map((farewell) => farewell()));
    }
    await Promise.all(said);
  }

  async #dismiss(socket: WebSocket): Promise<void> {
    await this.#until(ANSWERED_WITHIN_MS, () => !this.#answers.has(socket));
    socket.close(GOING_AWAY, 'Going away');
    await this.#until(FAREWELL_MS, () => socket.readyState === socket.CLOSED);
    socket.terminate();
  }

  #answered(socket: WebSocket): void {
    const left = this.#answers.get(socket)! - 1;
    if (left > 0) this.#answers.set(socket, left);
    else this.#answers.delete(socket);
  }

  async #until(ms: number, met: () => boolean): Promise<void> {
    const { signal } = this.#hurry;
    const deadline = performance.now() + ms;
    while (!met() && !signal.aborted && performance.now() < deadline) {
      await sleep(Math.min(TICK_MS, ms), null, { signal }).catch(() => {});
    }
  }
}

/** By what was asked for: headers that were written straight to the wire are not kept. */
const isStream = ({ headersSent, req }: ServerResponse): boolean =>
  headersSent && (req.headers.accept ?? '').includes('text/event-stream');

/**
 * Ends it as a body ends, without the protocol's `complete`, after which clients would not come back. Past the response
 * and not through it: what feeds it then sees its reader gone and lets go, and would otherwise write after the end.
 */
function endStream(response: ServerResponse): void {
  const { socket } = response;
  if (!socket || socket.writableEnded) return;
  socket.end(response.chunkedEncoding ? '0\r\n\r\n' : '');
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
}
