/** How late this process reads what has come: a frame that waited in its own queue is not the server's delay. */
const BEAT_MS = 20;

export class Beat {
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();

  constructor() {
    this.#timer = setInterval(() => {
      this.#last = performance.now();
    }, BEAT_MS);
    this.#timer.unref();
  }

  /** The earliest moment at which what is read now may have come. */
  received(): number {
    return Math.min(performance.now(), this.#last + BEAT_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
