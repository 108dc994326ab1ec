/**
 * One subscription over a WebSocket that may share. By itself it tells where it stands; as soon as memory holds what comes
 * next a room takes over, until it dismisses it. In a room it is a cursor and a socket: there are thousands, so nothing in
 * it runs or waits.
 */
import type { ExecutionResult } from 'graphql';
import type { ConsentGate, Decision } from '../../consent/index.ts';
import { hold } from '../mapped-stream.ts';
import type { Position } from '../position.ts';
import type { StreamItem } from '../stream.ts';
import type { StreamEvent } from '../stream-event.ts';
import type { BroadcastStream } from './broadcast.ts';
import type { DocumentClass } from './document-class.ts';
import { idBytes } from './frames.ts';
import type { Outlet } from './outlet.ts';

/** What a member knows of its room. */
export interface Membership {
  join(member: Member): void;
  leave(member: Member): void;
}

/** What all members have in common. */
export interface House {
  readonly gate: ConsentGate;
  findRoom(stream: BroadcastStream): Membership;
}

/** Executes an event for one viewer; null: it is not told. */
export interface Teller {
  tell(event: StreamEvent): Promise<ExecutionResult | null>;
}

export interface MemberOptions {
  readonly house: House;
  readonly stream: BroadcastStream;
  readonly document: DocumentClass;
  readonly outlet: Outlet;
  /** As the client named the subscription. */
  readonly id: string;
  readonly teller: Teller;
}

const DONE = { done: true, value: undefined } as const;

export class Member implements AsyncIterableIterator<ExecutionResult> {
  readonly #house: House;
  readonly #stream: BroadcastStream;
  readonly #teller: Teller;
  readonly fanId: string;
  readonly document: DocumentClass;
  readonly outlet: Outlet;
  readonly id: Buffer;
  /** The serial of the last event of the topic that it has heard, or that did not concern it: its room's to say. */
  serial = 0;
  position: Position;
  #room: Membership | null = null;
  #answer: ((result: IteratorResult<ExecutionResult>) => void) | null = null;
  #closed = false;

  constructor({ house, stream, document, outlet, id, teller }: MemberOptions) {
    this.#house = house;
    this.#stream = stream;
    this.#teller = teller;
    this.fanId = stream.fanId;
    this.document = document;
    this.outlet = outlet;
    this.id = idBytes(id);
    this.position = stream.live.position;
  }

  /** Whether the gate would decide the same now. Synchronous, for the tick that writes, in which `now` was read. */
  isDecided(decision: Decision, now: number): boolean {
    const key = { fanId: this.fanId, recipientId: null, gameId: this.#stream.broadcast.gameId };
    return this.#house.gate.confirms(key, decision, now);
  }

  /** What it tells by itself. What a room tells for it goes past this, straight to its socket. */
  next(): Promise<IteratorResult<ExecutionResult>> {
    const { promise, resolve } = Promise.withResolvers<IteratorResult<ExecutionResult>>();
    this.#answer = resolve;
    void this.#goOn();
    return promise;
  }

  /** By its room: it goes on by itself. */
  dismissed(): void {
    this.#room = null;
    this.#stream.live.goOn(this.position);
    void this.#goOn(true);
  }

  async return(): Promise<IteratorResult<ExecutionResult>> {
    this.#closed = true;
    this.#room?.leave(this);
    await this.#stream.live.return();
    this.#answer?.(DONE);
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Until it has told something, or is in a room, or closed. Dismissed, it tells what comes next before it joins again. */
  async #goOn(dismissed = false): Promise<void> {
    const { live } = this.#stream;
    for (let alone = dismissed; !this.#closed; alone = false) {
      if (!alone && this.document.shares && (await this.#joins())) return;
      const item = await this.#hold(() => live.poll());
      if (item) {
        const result = await this.#hold(() => this.#tell(item));
        if (!result || this.#closed) continue;
        this.#answer?.({ done: false, value: result });
        return;
      }
      if (!this.document.shares || !live.relievable) await live.whenWoken();
    }
  }

  #hold<T>(attempt: () => Promise<T>): Promise<T | null> {
    return hold(attempt, () => this.#closed);
  }

  async #tell(item: StreamItem): Promise<ExecutionResult | null> {
    const event = await this.#stream.broadcast.tell(item, this.fanId);
    return event && this.#teller.tell(event);
  }

  /** A room, if memory holds what comes next and the socket takes it. */
  async #joins(): Promise<boolean> {
    const { live } = this.#stream;
    await this.#hold(() => live.becomeRelievable());
    await this.outlet.whenWritable();
    const { open, writable } = this.outlet;
    if (this.#closed || !live.relievable || (open && !writable)) return false;
    this.position = live.position;
    // A socket that is closing hears nothing more.
    if (open) {
      this.#room = this.#house.findRoom(this.#stream);
      this.#room.join(this);
    }
    live.rest();
    return true;
  }
}
