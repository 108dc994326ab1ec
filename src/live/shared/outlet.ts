/**
 * Writing to one WebSocket, past `ws`'s sender where that is safe, and never more than the other side takes. Bytes in a
 * queue are bytes that a withdrawal cannot recall: above 64 KiB unsent nothing more is written, and a socket that does
 * not drain within seconds is closed with 4413, after which its client resumes by cursor.
 */
import { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Frames } from './frames.ts';

/** Not among the codes after which graphql-ws's clients give up. */
export const TOO_SLOW = 4413;
const UNSENT_BYTES = 64 * 1024;
const DRAIN_MS = 5_000;
/** For the close to arrive; one who does not read does not see it. */
const FAREWELL_MS = 2_000;
const LOOK_EVERY_MS = 50;

/** The parts of `ws` that are looked at from outside. */
interface Internals {
  readonly _socket: Socket | null;
  readonly _sender: { readonly _state: number } | null;
}
const SENDER_IDLE = 0;

let count = 0;

export class Outlet {
  /** The order of connections. */
  readonly number = ++count;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket | null;
  #draining: Promise<void> | null = null;

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    const { _socket } = webSocket as unknown as Internals;
    // Compressed or encrypted in this process, bytes cannot be shared.
    const plain = _socket instanceof Socket && !('encrypted' in _socket) && webSocket.extensions === '';
    this.#socket = plain ? _socket : null;
  }

  get open(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN;
  }

  /** Whether it takes more now. */
  get writable(): boolean {
    return this.open && this.#webSocket.bufferedAmount <= UNSENT_BYTES;
  }

  /** Resolves when it takes more, or is closed. Whoever waits too long for the other side closes it. */
  whenWritable(): Promise<void> {
    if (this.writable || !this.open) return Promise.resolve();
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /** To be called only while it is writable. */
  write(frames: Frames, id: Buffer): void {
    if (this.#socket && this.#senderIdle()) {
      this.#socket.write(frames.of(id));
      // Not taken whole by the kernel: the rest still lies in the scratch.
      if (this.#socket.writableLength > 0) frames.abandon(id);
    } else {
      for (const message of frames.messages(id)) this.#webSocket.send(message, { binary: false }, () => {});
    }
  }

  #senderIdle(): boolean {
    return (this.#webSocket as unknown as Internals)._sender?._state === SENDER_IDLE;
  }

  async #drain(): Promise<void> {
    const deadline = performance.now() + DRAIN_MS;
    while (this.open && !this.writable) {
      if (performance.now() >= deadline) {
        this.#webSocket.close(TOO_SLOW, 'Too slow: resume by cursor');
        setTimeout(() => this.#webSocket.terminate(), FAREWELL_MS).unref();
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    this.#draining = null;
  }
}

const outlets = new WeakMap<WebSocket, Outlet>();

/** The one outlet of a socket. */
export function outletOf(webSocket: WebSocket): Outlet {
  const outlet = outlets.get(webSocket) ?? new Outlet(webSocket);
  outlets.set(webSocket, outlet);
  return outlet;
}
