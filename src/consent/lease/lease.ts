/**
 * A node's permission to show what consent allows: good for LEASE_MS from the moment at which its renewal was asked
 * for, less a margin, on the node's own monotonic clock. It is a duration, and no two machines' clocks are compared.
 *
 * It also ends when the wall clock ran ahead of the monotonic one (the machine was suspended), and it does not count
 * while the event loop is late by more than the margin: what is checked must be written within it.
 */

export const LEASE_MS = 2_000;
export const MARGIN_MS = 500;
export const BEAT_MS = 25;

/** One instant on both clocks, in milliseconds. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

export interface Clock {
  monotonic(): number;
  wall(): number;
}

const systemClock: Clock = { monotonic: () => performance.now(), wall: () => Date.now() };

export class Lease {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #from: Moment | null = null;
  #beat: number;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#beat = clock.monotonic();
  }

  /** The moment to take before a renewal is sent. */
  now(): Moment {
    return { monotonic: this.#clock.monotonic(), wall: this.#clock.wall() };
  }

  /** Everything that was withdrawn before `from` has been applied. */
  extend(from: Moment): void {
    this.#from = from;
    this.#tell();
  }

  end(): void {
    this.#from = null;
  }

  /** Called every BEAT_MS; the time since then is how late the event loop may be. */
  beat(): void {
    this.#beat = this.#clock.monotonic();
    this.#tell();
  }

  #tell(): void {
    if (this.#waiting.size === 0 || !this.held()) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /**
   * The present on the monotonic clock, or null when the lease is not held in it. Read it in the tick that writes, and
   * again after at most a few milliseconds of writing: it is good for what is written within the margin.
   */
  present(): number | null {
    if (!this.#from) return null;
    const now = this.#clock.monotonic();
    const age = now - this.#from.monotonic;
    if (age >= LEASE_MS - MARGIN_MS || now - this.#beat >= MARGIN_MS) return null;
    const suspended = this.#clock.wall() - this.#from.wall - age;
    return suspended < MARGIN_MS ? now : null;
  }

  held(): boolean {
    return this.present() !== null;
  }

  /** True at once or as soon as it is held; false when that takes longer. */
  async whenHeld(timeoutMs: number): Promise<boolean> {
    if (this.held()) return true;
    const gained = Promise.withResolvers<void>();
    const late = setTimeout(gained.resolve, timeoutMs);
    this.#waiting.add(gained.resolve);
    await gained.promise;
    clearTimeout(late);
    this.#waiting.delete(gained.resolve);
    return this.held();
  }
}
