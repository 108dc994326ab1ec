/**
 * A stream made into another, item by item. Null from `map` is for what this subscriber is not told. When `map` fails,
 * as when the database is away, the item is held and tried again: that is silence, and nothing is skipped.
 */
export class MappedStream<Item, Out> implements AsyncIterableIterator<Out> {
  readonly #items: AsyncIterableIterator<Item>;
  readonly #map: (item: Item) => Promise<Out | null>;
  readonly #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    items: AsyncIterableIterator<Item>,
    map: (item: Item) => Promise<Out | null>,
    endsAt: number | null = null,
  ) {
    this.#items = items;
    this.#map = map;
    if (endsAt === null) return;
    this.#timer = setTimeout(() => void this.return(), Math.min(endsAt - Date.now(), LONGEST_TIMER_MS));
    this.#timer.unref();
  }

  async next(): Promise<IteratorResult<Out>> {
    for (;;) {
      const item = await hold(
        () => this.#items.next(),
        () => this.#closed,
      );
      if (!item || item.done) return { done: true, value: undefined };
      const mapped = await hold(
        () => this.#map(item.value),
        () => this.#closed,
      );
      if (this.#closed) return { done: true, value: undefined };
      if (mapped) return { done: false, value: mapped };
    }
  }

  async return(): Promise<IteratorResult<Out>> {
    this.#closed = true;
    clearTimeout(this.#timer);
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

export const LONGEST_TIMER_MS = 2 ** 31 - 1;
const HOLD_MS = [50, 100, 250, 500, 1_000];

/** Tries until it works or the stream is closed; then null. */
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
