/** The recent events of one topic in memory, in order. Subscribers are cursors into it; it never waits for one. */
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

  /** Whether memory holds everything after a position. */
  covers(position: Position): boolean {
    return !isAfter(this.#floor, position);
  }

  /** The first event after a position that memory covers. */
  next(position: Position): LiveEvent | undefined {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isAfter(this.#events[middle]!.position, position)) high = middle;
      else low = middle + 1;
    }
    return this.#events[low];
  }

  wake(): void {
    for (const listener of this.listeners) listener.wake();
  }
}
