/** The recent events of one topic in memory, in order. Subscribers are cursors into it; it never waits for one. */
import type { History } from './history.ts';
import type { LiveEvent } from './outbox.ts';
import { isAfter, type Position } from './position.ts';

const CAPACITY = 1_000;

export class Topic {
  readonly #events: LiveEvent[] = [];
  readonly listeners = new Set<{ wake(): void }>();
  /** Where history has parted since this topic is kept: whoever had come further has heard of what is no more. */
  readonly partings: Position[] = [];
  /** Everything after it is in memory. */
  #floor: Position;
  #serial = 0;
  #reaching: Promise<void> | null = null;
  /** So far back memory cannot reach: there is no room, or no history. */
  #tooFar: Position | null = null;

  constructor(floor: Position) {
    this.#floor = floor;
  }

  append(event: LiveEvent): void {
    if (!isAfter(event.position, this.#events.at(-1)?.position ?? this.#floor)) return;
    this.#events.push(event);
    this.#serial += 1;
    if (this.#events.length > CAPACITY) this.#floor = this.#events.shift()!.position;
  }

  /** Nothing in memory counts any more; whoever listens goes on by itself. */
  part(at: Position): void {
    this.#events.length = 0;
    this.#floor = at;
    this.#tooFar = null;
    this.#serial += 1;
    this.partings.push(at);
  }

  /** How many events there have been: the serial of the last one. */
  get serial(): number {
    return this.#serial;
  }

  /** The events after a serial, at most `limit`; null where memory no longer holds them all. */
  after(serial: number, limit: number): readonly LiveEvent[] | null {
    const place = this.#events.length - (this.#serial - serial);
    return place < 0 ? null : this.#events.slice(place, place + limit);
  }

  /** The serial of the last event up to a position that memory covers. Those from before this topic was kept are below 0. */
  serialAt(position: Position): number {
    return this.#serial - this.#events.length + this.#placeAfter(position);
  }

  /** Whether memory holds everything after a position. */
  covers(position: Position): boolean {
    return !isAfter(this.#floor, position);
  }

  /** The first event after a position that memory covers. */
  next(position: Position): LiveEvent | undefined {
    return this.#events[this.#placeAfter(position)];
  }

  /**
   * Makes memory cover a position, where history has it and there is room for all that lies between. One reads at a time:
   * thousands who come back at once need the same.
   */
  async reachBack(position: Position, history: History, name: string): Promise<void> {
    const isDone = () => this.covers(position) || (this.#tooFar !== null && !isAfter(position, this.#tooFar));
    while (this.#reaching && !isDone()) await this.#reaching;
    if (isDone()) return;
    this.#reaching = this.#reach(position, history, name).finally(() => {
      this.#reaching = null;
    });
    await this.#reaching;
  }

  async #reach(position: Position, history: History, name: string): Promise<void> {
    const floor = this.#floor;
    const { events, horizon } = await history.read(position, CAPACITY, name);
    // It has parted meanwhile, or forgotten.
    if (this.#floor !== floor) return;
    const between = events.filter((event) => !isAfter(event.position, floor));
    if (position.xid < horizon || between.length + this.#events.length >= CAPACITY) {
      this.#tooFar = position;
      return;
    }
    this.#events.unshift(...between);
    this.#floor = position;
  }

  #placeAfter(position: Position): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isAfter(this.#events[middle]!.position, position)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  wake(): void {
    for (const listener of this.listeners) listener.wake();
  }
}
