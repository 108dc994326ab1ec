/** What a subscription's source yields: the cursor after it, and the scope that gates it whole. */
import type { ConsentScope, ConsentSubject } from '../consent/index.ts';

export interface StreamEvent {
  readonly cursor: string;
  /** Null: about nobody, such as a position. */
  readonly gate: { readonly subject: ConsentSubject; readonly scope: ConsentScope } | null;
}

/**
 * The source of a subscription: items of a stream, made into events. `toEvent` answers null for what this subscriber
 * is not told; the cursor passes it. When it fails the item is held and tried again: nothing is skipped.
 */
export class EventSource<Item, Event extends StreamEvent> implements AsyncIterableIterator<Event> {
  readonly #items: AsyncIterableIterator<Item>;
  readonly #toEvent: (item: Item) => Promise<Event | null>;
  #closed = false;

  constructor(items: AsyncIterableIterator<Item>, toEvent: (item: Item) => Promise<Event | null>) {
    this.#items = items;
    this.#toEvent = toEvent;
  }

  async next(): Promise<IteratorResult<Event>> {
    for (;;) {
      const item = await hold(
        () => this.#items.next(),
        () => this.#closed,
      );
      if (!item || item.done) return { done: true, value: undefined };
      const event = await hold(
        () => this.#toEvent(item.value),
        () => this.#closed,
      );
      if (this.#closed) return { done: true, value: undefined };
      if (event) return { done: false, value: event };
    }
  }

  async return(): Promise<IteratorResult<Event>> {
    this.#closed = true;
    await this.#items.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

const HOLD_MS = [50, 100, 250, 500, 1_000];

/** Tries until it works or the stream is closed; then null. A database that is away is silence, not an end. */
export async function hold<T>(attempt: () => Promise<T>, closed: () => boolean): Promise<T | null> {
  for (let tries = 0; !closed(); tries += 1) {
    try {
      return await attempt();
    } catch {
      const pause = HOLD_MS[Math.min(tries, HOLD_MS.length - 1)]!;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return null;
}
