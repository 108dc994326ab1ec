/**
 * A stream of which each item is many: they are made in pages, one after the other, and each page only when the one
 * before has been taken. When a page cannot be made, as when the database is away, it is tried again: nothing is skipped.
 */
import { hold } from './mapped-stream.ts';

export class UnfoldedStream<Item, Out> implements AsyncIterableIterator<Out> {
  readonly #items: AsyncIterableIterator<Item>;
  readonly #unfold: (item: Item, last: Out | null) => Promise<readonly Out[]>;
  #item: Item | null = null;
  #page: Out[] = [];
  #last: Out | null = null;
  #closed = false;

  /** `unfold` answers what of an item comes after `last` (null: its beginning); nothing when that was the end of it. */
  constructor(items: AsyncIterableIterator<Item>, unfold: (item: Item, last: Out | null) => Promise<readonly Out[]>) {
    this.#items = items;
    this.#unfold = unfold;
  }

  async next(): Promise<IteratorResult<Out>> {
    const closed = () => this.#closed;
    while (!this.#closed) {
      const out = this.#page.shift();
      if (out !== undefined) {
        this.#last = out;
        return { done: false, value: out };
      }
      if (this.#item === null) {
        const next = await hold(() => this.#items.next(), closed);
        if (!next || next.done) break;
        this.#item = next.value;
        this.#last = null;
      }
      const item = this.#item;
      this.#page = [...((await hold(() => this.#unfold(item, this.#last), closed)) ?? [])];
      if (this.#page.length === 0) this.#item = null;
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Out>> {
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
