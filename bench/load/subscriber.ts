/**
 * One subscriber: a bare TCP socket, a handshake, and then as little per frame as there can be. It reads the number in
 * each event's title, and counts every one that is not the next as a fault: what was lost, and what came twice.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { TITLE_MARK } from '../live-offers.ts';
import { maskedFrame, readFrames } from './frames.ts';
import type { Protocol } from './protocols.ts';

/** What all subscribers of this process share. */
export interface Crowd {
  readonly protocol: Protocol;
  readonly port: number;
  readonly gameId: string;
  /** Whether cursors are kept, to resume from. */
  readonly keepsCursors: boolean;
  received(subscriber: Subscriber, bytes: number): void;
  fault(what: string): void;
  lost(subscriber: Subscriber): void;
}

const TEXT = 0x1;
const PONG = 0xa;
const MARK = Buffer.from(TITLE_MARK);
const CURSOR = Buffer.from('"cursor":"');
const HASH = 35;
const ZERO = 48;
const DIGITS = 6;
const READ_BYTES = 256 * 1024;
/** One thread reads, and is done with what it read before it reads again. */
const shared = Buffer.allocUnsafe(READ_BYTES);

export class Subscriber {
  readonly consentClass: number;
  /** The number of the last event; 0 before the first, which may be any. */
  last = 0;
  /** The latest event's frame, where somebody asked to keep it. */
  sample: string | null = null;
  keepsSample = false;
  /** When its first packet left, and when its first event came, on this process's clock. */
  openedAt = 0;
  firstAt: number | null = null;
  cursor: string | null = null;
  readonly #crowd: Crowd;
  readonly #token: string | null;
  readonly #address: string | null;
  #socket: Socket | null = null;
  #rest: Buffer | null = null;
  #upgraded = false;
  #subscribed: PromiseWithResolvers<void> | null = null;
  #cut = false;
  /** Where in a frame the title's digits stood last time. */
  #digitsAt = 0;

  constructor(crowd: Crowd, consentClass: number, address: string | null, token: string | null) {
    this.#crowd = crowd;
    this.consentClass = consentClass;
    this.#address = address;
    this.#token = token;
  }

  /** Resolves when the subscription has been asked for, resuming after what came last if cursors are kept. */
  open(): Promise<void> {
    const { port, protocol } = this.#crowd;
    this.openedAt = performance.now();
    const subscribed = Promise.withResolvers<void>();
    [this.#subscribed, this.#upgraded, this.#cut, this.#rest] = [subscribed, false, false, null];
    const socket = connect({
      port,
      host: '127.0.0.1',
      ...(this.#address === null ? {} : { localAddress: this.#address }),
      noDelay: true,
      onread: { buffer: shared, callback: (length) => this.#read(length) },
    });
    this.#socket = socket;
    socket.on('error', (error) => subscribed.reject(error));
    socket.on('close', () => {
      subscribed.reject(new Error('The server closed the socket.'));
      if (!this.#cut) this.#crowd.lost(this);
    });
    socket.write(
      [
        `GET ${protocol.path(this.consentClass)} HTTP/1.1`,
        `Host: 127.0.0.1:${port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        ...(protocol.subprotocol ? [`Sec-WebSocket-Protocol: ${protocol.subprotocol}`] : []),
        '\r\n',
      ].join('\r\n'),
    );
    return subscribed.promise;
  }

  /** Without a word, as a phone in a tunnel. */
  cut(): void {
    this.#cut = true;
    this.#socket?.resetAndDestroy();
  }

  text(buffer: Buffer, start: number, end: number): void {
    const event = this.#eventIn(buffer, start, end);
    if (event === 0) {
      this.#converse(buffer.toString('utf8', start, end));
      return;
    }
    if (event !== this.last + 1 && this.last !== 0) {
      this.#crowd.fault(`event ${event} came after event ${this.last}`);
    }
    this.last = event;
    this.firstAt ??= performance.now();
    if (this.#crowd.keepsCursors) this.#keepCursor(buffer, start, end);
    if (this.keepsSample) this.sample = buffer.toString('utf8', start, end);
    this.#crowd.received(this, end - start);
  }

  ping(): void {
    this.#socket?.write(maskedFrame(PONG));
  }

  closed(code: number): void {
    this.#crowd.fault(`the server closed with ${code}`);
  }

  #read(length: number): boolean {
    let buffer = shared;
    let size = length;
    if (this.#rest) {
      buffer = Buffer.concat([this.#rest, shared.subarray(0, length)]);
      size = buffer.length;
    }
    if (!this.#upgraded) {
      const end = buffer.subarray(0, size).indexOf('\r\n\r\n');
      if (end < 0) {
        this.#rest = Buffer.from(buffer.subarray(0, size));
        return true;
      }
      const head = buffer.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 101')) {
        this.#subscribed?.reject(new Error(head.split('\r\n', 1)[0]));
        return true;
      }
      this.#upgraded = true;
      this.#say(this.#crowd.protocol.opening(this.#token));
      buffer = Buffer.from(buffer.subarray(end + 4, size));
      size = buffer.length;
    }
    this.#rest = readFrames(buffer, size, this);
    return true;
  }

  /** The event's number; 0 for what is no event. */
  #eventIn(buffer: Buffer, start: number, end: number): number {
    let at = start + this.#digitsAt;
    if (this.#digitsAt === 0 || at + DIGITS > end || buffer[at - 1] !== HASH) {
      const found = buffer.subarray(start, end).indexOf(MARK);
      if (found < 0) return 0;
      this.#digitsAt = found + MARK.length;
      at = start + this.#digitsAt;
    }
    let number = 0;
    for (let place = 0; place < DIGITS; place += 1) number = number * 10 + buffer[at + place]! - ZERO;
    return number;
  }

  #keepCursor(buffer: Buffer, start: number, end: number): void {
    const at = buffer.subarray(start, end).indexOf(CURSOR);
    if (at < 0) return;
    const from = start + at + CURSOR.length;
    this.cursor = buffer.toString('latin1', from, buffer.indexOf('"', from));
  }

  #converse(text: string): void {
    try {
      const { send, done } = this.#crowd.protocol.answer(text, this.#crowd.gameId, this.cursor);
      this.#say(send);
      if (done) this.#subscribed?.resolve();
    } catch (error) {
      this.#crowd.fault(String(error));
    }
  }

  #say(text: string | null): void {
    if (text !== null) this.#socket?.write(maskedFrame(TEXT, text));
  }
}
