/** Calls for each thing once, the same time after it was added, unless it is taken out before. One timer for all of them. */
export class Deadlines<Thing> {
  readonly #afterMs: number;
  readonly #call: (thing: Thing) => void;
  /** When each is due, on the monotonic clock: the first was added first. */
  readonly #due = new Map<Thing, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(afterMs: number, call: (thing: Thing) => void) {
    this.#afterMs = afterMs;
    this.#call = call;
  }

  /** Anew, where it was added before. */
  add(thing: Thing): void {
    this.#due.delete(thing);
    this.#due.set(thing, performance.now() + this.#afterMs);
    this.#timer ??= this.#wait(this.#afterMs);
  }

  delete(thing: Thing): void {
    this.#due.delete(thing);
  }

  #wait(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    this.#timer = null;
    for (const [thing, due] of this.#due) {
      const left = due - performance.now();
      if (left > 0) {
        this.#timer ??= this.#wait(Math.ceil(left));
        return;
      }
      this.#due.delete(thing);
      this.#call(thing);
    }
  }
}
