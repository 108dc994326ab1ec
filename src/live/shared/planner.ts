/**
 * What is to be told to whom: of a batch of events, for each member of a room, the bytes of its classes and the decision
 * that they rest on. A class is what an answer depends on: the document, which of the scopes it needs have been in force
 * without a gap since the event was captured, and, where it shows that, the place in the venue.
 */
import { bitOf, type Decision } from '../../consent/index.ts';
import type { Services } from '../../context.ts';
import { ServiceError } from '../../errors.ts';
import { createLoaders, type Loaders } from '../../loaders.ts';
import type { LiveEvent } from '../outbox.ts';
import { Pacer } from '../pacer.ts';
import { isPassing } from '../passing.ts';
import type { Position } from '../position.ts';
import type { StreamEvent } from '../stream-event.ts';
import type { Broadcast } from './broadcast.ts';
import { ANY_OF_THEM, createClassContext, NotSharedError } from './class-context.ts';
import { Classes, type EventClass } from './classes.ts';
import { decide } from './decided.ts';
import { type Frames, messageTail } from './frames.ts';
import type { Member } from './member.ts';

/** For one member. */
export type Route =
  /** Without frames there is nothing to tell; without a decision nothing about the fan was asked. */
  | { readonly kind: 'SHARED'; readonly decision: Decision | null; readonly frames: Frames | null }
  /** Its class has no answer that can be shared. */
  | { readonly kind: 'BY_ITSELF' };

/** In the order of the members. */
export type Plan = readonly Route[];

const UNCONCERNED: Route = { kind: 'SHARED', decision: null, frames: null };
const BY_ITSELF: Route = { kind: 'BY_ITSELF' };
const PRESENCE = bitOf('PRESENCE_ZONE');

/** A batch of events on its way to everybody in a room, a group of members at a time; each class is executed once. */
export interface Batch {
  /** The serial of the event before the first. */
  readonly after: number;
  readonly events: readonly LiveEvent[];
  readonly told: readonly (StreamEvent | null)[];
  /** Made anew when something could not be loaded: they remember that too. */
  loaders: Loaders;
  readonly classes: Classes;
}

export class Planner {
  readonly #services: Services;
  readonly #broadcast: Broadcast;
  readonly #gateBit: number;
  readonly #pacer = new Pacer();

  constructor(services: Services, broadcast: Broadcast) {
    this.#services = services;
    this.#broadcast = broadcast;
    this.#gateBit = bitOf(broadcast.scope);
  }

  begin(events: readonly LiveEvent[], after: number): Batch {
    const loaders = createLoaders(this.#services.readers);
    for (const event of events) this.#broadcast.preload(event, loaders);
    const told = events.map((event) => this.#broadcast.toEvent(event, ANY_OF_THEM));
    return { after, events, told, loaders, classes: new Classes() };
  }

  /**
   * `heard` are the serials of what each has heard: of the batch they are told what comes after.
   * @throws whatever keeps it from being made for now: the database or the lease is away.
   */
  async plan(batch: Batch, members: readonly Member[], heard: readonly number[]): Promise<Plan> {
    const { after, events, told, classes } = batch;
    const fanIds = members.map(({ fanId }) => fanId);
    const showsPresence = members.some(({ document }) => document.presence);
    const { ofEvents, whereabouts } = await this.#broadcast.findAudiences(events, fanIds, showsPresence);
    const decided = await decide(this.#services.gate, this.#broadcast, { events, members, audiences: ofEvents });
    const ways = members.map(() => classes.start);
    for (const [event, audience] of ofEvents.entries()) {
      for (let row = 0; told[event] && row < audience.size; row += 1) {
        const place = audience.placeAt(row);
        if (event < heard[place]! - after) continue;
        const { document } = members[place]!;
        const held = decided.maskSince(event, row);
        if ((held & this.#gateBit) === 0) continue;
        const shown = document.presence && (held & PRESENCE) !== 0 ? (whereabouts.get(place) ?? null) : null;
        ways[place] = ways[place]!.with(classes.find(document, event, held & document.bits, shown));
      }
    }
    await this.#execute(batch);
    return ways.map((way, place) => {
      const decision = decided.decisions[place];
      if (!decision) return UNCONCERNED;
      if (way.isEmpty) return { kind: 'SHARED', decision, frames: null };
      const frames = way.frames();
      return frames ? { kind: 'SHARED', decision, frames } : BY_ITSELF;
    });
  }

  beginPosition(position: Position): Batch {
    const loaders = createLoaders(this.#services.readers);
    return { after: 0, events: [], told: [this.#broadcast.toPosition(position)], loaders, classes: new Classes() };
  }

  /** Where the stream stands: about nobody. */
  async planPosition(batch: Batch, members: readonly Member[]): Promise<Plan> {
    const { classes } = batch;
    const ways = members.map(({ document }) => classes.start.with(classes.find(document, 0, 0, null)));
    await this.#execute(batch);
    return ways.map((way) => {
      const frames = way.frames();
      return frames ? { kind: 'SHARED', decision: null, frames } : BY_ITSELF;
    });
  }

  async #execute(batch: Batch): Promise<void> {
    const { classes, told, loaders } = batch;
    try {
      await Promise.all(
        classes.unexecuted().map(async (one) => {
          await this.#pacer.turn();
          one.tail = await this.#executeOne(one, told[one.place]!, loaders);
        }),
      );
    } catch (error) {
      batch.loaders = createLoaders(this.#services.readers);
      throw error;
    }
  }

  async #executeOne(one: EventClass, event: StreamEvent, loaders: Loaders): Promise<Buffer | null> {
    const { document, held, presence } = one;
    const context = createClassContext(this.#services, loaders, { scopes: document.scopes, held, presence });
    const result = await document.execute(event, context);
    if (!result.errors) return messageTail(result);
    if (result.errors.some(isPassing)) throw new ServiceError('UNAVAILABLE', 'The events cannot be made now.');
    if (result.errors.some(({ originalError }) => originalError instanceof NotSharedError)) document.shares = false;
    return null;
  }
}
