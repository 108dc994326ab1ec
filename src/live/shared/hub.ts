/**
 * Class-shared delivery: who may share, and in which room. A subscription shares if its stream is a broadcast, its
 * operation is declared to be the same for all of a class, and it comes over a WebSocket. All others, and these too while
 * they catch up, are executed for each viewer by itself, through the same door.
 */
import type { ExecutionArgs, ValidatedSubscriptionArgs } from 'graphql';
import type { WebSocket } from 'ws';
import type { ConsentGate } from '../../consent/index.ts';
import type { Services } from '../../context.ts';
import { BroadcastStream } from './broadcast.ts';
import { type DocumentClass, DocumentClasses } from './document-class.ts';
import { type House, Member, type Teller } from './member.ts';
import { outletOf } from './outlet.ts';
import { Room } from './room.ts';

/** The subscription of a WebSocket that a stream is for. */
export interface Carrier {
  readonly socket: WebSocket;
  readonly id: string;
}

export class Hub implements House {
  readonly #services: Services;
  readonly #documents = new DocumentClasses();
  readonly #rooms = new Map<string, Room>();

  constructor(services: Services) {
    this.#services = services;
  }

  get gate(): ConsentGate {
    return this.#services.gate;
  }

  /** How many subscriptions are in rooms now. */
  get members(): number {
    return [...this.#rooms.values()].reduce((sum, room) => sum + room.size, 0);
  }

  /** What an operation over a stream is executed as for many; null: it does not share. */
  findDocument(stream: object, args: ExecutionArgs, validated: ValidatedSubscriptionArgs): DocumentClass | null {
    return stream instanceof BroadcastStream ? this.#documents.find(args, validated) : null;
  }

  /** A stream that has such a document, as what is written to its socket. It shares as soon as it has caught up. */
  admit(stream: BroadcastStream, document: DocumentClass, { socket, id }: Carrier, teller: Teller): Member {
    return new Member({ house: this, stream, document, outlet: outletOf(socket), id, teller });
  }

  findRoom({ broadcast, live }: BroadcastStream): Room {
    const { topic } = live;
    const name = `${broadcast.name}|${broadcast.topic}`;
    const known = this.#rooms.get(name);
    if (known?.topic === topic) return known;
    const room = new Room(
      this.#services,
      broadcast,
      topic,
      () => this.#services.live.head,
      () => {
        if (this.#rooms.get(name) === room) this.#rooms.delete(name);
      },
    );
    this.#rooms.set(name, room);
    return room;
  }
}
