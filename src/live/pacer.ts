/**
 * Turns for work that many streams want to do at once. An announcement wakes every stream in one tick; without turns the
 * event loop would stand still until the last of them is served, and with it the lease and everything else.
 */
const TURNS_PER_TICK = 64;

export class Pacer {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is one's turn: first come, first served. */
  turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#waiting.push(resolve) === 1) setImmediate(() => this.#tick());
    return promise;
  }

  #tick(): void {
    for (const resolve of this.#waiting.splice(0, TURNS_PER_TICK)) resolve();
    if (this.#waiting.length > 0) setImmediate(() => this.#tick());
  }
}
