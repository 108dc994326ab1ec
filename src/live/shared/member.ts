/** One subscription in a room: a cursor, and the socket to which it is told. It goes on by itself when it is dismissed. */
import { type ConsentGate, type Decision, placeOf } from '../../consent/index.ts';
import type { Position } from '../position.ts';
import type { LiveStream, Relief } from '../stream.ts';
import type { DocumentClass } from './document-class.ts';
import { idBytes } from './frames.ts';
import type { Outlet } from './outlet.ts';

/** What a member knows of its room. */
export interface Membership {
  join(member: Member): void;
  leave(member: Member): void;
}

export interface MemberOptions {
  readonly stream: LiveStream;
  readonly fanId: string;
  readonly gameId: string;
  readonly document: DocumentClass;
  readonly outlet: Outlet;
  /** As the client named the subscription. */
  readonly id: string;
  readonly gate: ConsentGate;
  readonly findRoom: () => Membership;
}

export class Member implements Relief {
  readonly #gate: ConsentGate;
  readonly #stream: LiveStream;
  readonly #findRoom: () => Membership;
  readonly #place: string;
  readonly fanId: string;
  readonly document: DocumentClass;
  readonly outlet: Outlet;
  readonly id: Buffer;
  /** The serial of the last event of the topic that this subscription has heard, or that did not concern it. */
  serial = 0;
  position: Position;
  #room: Membership | null = null;
  #goOn: (() => void) | null = null;

  constructor({ stream, fanId, gameId, document, outlet, id, gate, findRoom }: MemberOptions) {
    this.#gate = gate;
    this.#stream = stream;
    this.#findRoom = findRoom;
    this.#place = placeOf({ recipientId: null, gameId });
    this.fanId = fanId;
    this.document = document;
    this.outlet = outlet;
    this.id = idBytes(id);
    this.position = stream.position;
  }

  /** Whether the gate would decide the same now. Synchronous, for the tick that writes. */
  isDecided(decision: Decision): boolean {
    return decision.equals(this.#gate.peekAt(this.fanId, this.#place));
  }

  take(): Promise<void> {
    if (!this.document.shares) this.#stream.relief = null;
    if (!this.document.shares || (this.outlet.open && !this.outlet.writable)) return this.outlet.whenWritable();
    this.position = this.#stream.position;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#goOn = resolve;
    // A socket that is closing hears nothing more.
    if (this.outlet.open) {
      this.#room = this.#findRoom();
      this.#room.join(this);
    }
    return promise;
  }

  leave(): void {
    this.#room?.leave(this);
    this.goOn();
  }

  /** Dismissed from its room. */
  goOn(): void {
    if (!this.#goOn) return;
    this.#stream.passed(this.position);
    this.#room = null;
    this.#goOn();
    this.#goOn = null;
  }
}
