/**
 * Class-shared delivery: who may share, and in which room. A subscription shares if its stream is a broadcast, its
 * operation is declared to be the same for all of a class, and it comes over a WebSocket. All others, and these too while
 * they catch up, are executed for each viewer by itself, through the same door.
 */
import type { ExecutionArgs, ValidatedSubscriptionArgs } from 'graphql';
import type { WebSocket } from 'ws';
import type { Services } from '../../context.ts';
import type { Topic } from '../topic.ts';
import type { Broadcast, BroadcastEvent, BroadcastStream } from './broadcast.ts';
import { DocumentClasses } from './document-class.ts';
import { Member } from './member.ts';
import { outletOf } from './outlet.ts';
import { Room } from './room.ts';

/** The subscription of a WebSocket that a stream is for. */
export interface Carrier {
  readonly socket: WebSocket;
  readonly id: string;
}

export class Hub {
  readonly #services: Services;
  readonly #documents = new DocumentClasses();
  readonly #rooms = new Map<string, Room>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** How many subscriptions are in rooms now. */
  get members(): number {
    return [...this.#rooms.values()].reduce((sum, room) => sum + room.size, 0);
  }

  /** Lets a stream share as soon as it has caught up, where it may. */
  admit(
    stream: BroadcastStream<BroadcastEvent>,
    carrier: Carrier | undefined,
    args: ExecutionArgs,
    validated: ValidatedSubscriptionArgs,
  ): void {
    const document = carrier && this.#documents.find(args, validated);
    if (!document) return;
    const { live, broadcast, fanId } = stream;
    live.relief = new Member({
      stream: live,
      fanId,
      gameId: broadcast.gameId,
      document,
      outlet: outletOf(carrier.socket),
      id: carrier.id,
      gate: this.#services.gate,
      findRoom: () => this.#room(broadcast, live.topic),
    });
  }

  #room(broadcast: Broadcast, topic: Topic): Room {
    const name = `${broadcast.name}|${broadcast.topic}`;
    const known = this.#rooms.get(name);
    if (known?.topic === topic) return known;
    const { live } = this.#services;
    const room = new Room(
      this.#services,
      broadcast,
      topic,
      () => live.head,
      () => {
        if (this.#rooms.get(name) === room) this.#rooms.delete(name);
      },
    );
    this.#rooms.set(name, room);
    return room;
  }
}
