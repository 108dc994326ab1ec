/**
 * A stream that many fans have in common: the same events, each for those of them whom it concerns. A slice describes
 * it; `BroadcastStream` is one fan's end of it, which a room may tell together with those of others.
 */
import type { ConsentSubject } from '../../consent/consent-view.ts';
import type { ConsentScope } from '../../consent/scopes.ts';
import type { Loaders } from '../../loaders.ts';
import { MappedStream } from '../mapped-stream.ts';
import type { LiveEvent } from '../outbox.ts';
import type { Position } from '../position.ts';
import type { LiveStream, StreamItem } from '../stream.ts';
import type { EventGate, StreamEvent } from '../stream-event.ts';
import type { Audience, Whereabouts } from './audience.ts';

/** By fan: the lineages in force when an event was captured for them. */
export type Lineages = ReadonlyMap<string, readonly string[]>;

/** Of some fans, each known by its place among them: whom each event concerns, and where they are. */
export interface Audiences {
  /** In the order of the events. */
  readonly ofEvents: readonly Audience[];
  /** By place; whoever is missing is nowhere, or nothing was asked. */
  readonly whereabouts: ReadonlyMap<number, Whereabouts>;
}

/** Told from no record: nothing but the gate's own scope decides whether it is told. */
export interface BroadcastEvent extends StreamEvent {
  readonly gate: (EventGate & { readonly kept?: undefined }) | null;
}

export interface Broadcast<Event extends BroadcastEvent = BroadcastEvent> {
  /** With the topic it names the room. */
  readonly name: string;
  readonly topic: string;
  readonly gameId: string;
  /** Gates each event whole. */
  readonly scope: ConsentScope;
  /** Of each event, whom of these fans it concerns, and if asked where all of them are. */
  findAudiences(events: readonly LiveEvent[], fanIds: readonly string[], withPresence: boolean): Promise<Audiences>;
  /** The lineages under which each event was captured for those of these fans whom it concerns. */
  findLineages(events: readonly LiveEvent[], fanIds: readonly string[]): Promise<readonly Lineages[]>;
  /** Begins to load the public facts that the event will be told with. */
  preload(event: LiveEvent, loaders: Loaders): void;
  /** What one of them is told of an item, by itself. Null: it does not concern that fan. */
  tell(item: StreamItem, fanId: string): Promise<Event | null>;
  /** The event as one of them is told it. Null: it is not one of this stream's. */
  toEvent(event: LiveEvent, subject: ConsentSubject): Event | null;
  toPosition(position: Position): Event;
}

export class BroadcastStream<Event extends BroadcastEvent = BroadcastEvent> implements AsyncIterable<Event> {
  readonly broadcast: Broadcast<Event>;
  readonly live: LiveStream;
  readonly fanId: string;

  constructor(broadcast: Broadcast<Event>, live: LiveStream, fanId: string) {
    this.broadcast = broadcast;
    this.live = live;
    this.fanId = fanId;
  }

  /** All of it for that fan alone. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Event> {
    return new MappedStream(this.live, (item) => this.broadcast.tell(item, this.fanId));
  }
}
