/**
 * Judges what one stream received against what its subject had consented to, by the suite's own clock.
 *
 * A leak is what is withheld in an event announced after the withdrawal returned, or in any frame received more than a
 * second after it. What a new grant covers is what is announced under it, and nothing earlier.
 */
import type { Consent, Frame } from './adapter.ts';

/** Frames already handed to the network may still arrive for so long. */
export const GRACE_MS = 1_000;

/** In milliseconds of a monotonic clock. */
interface Period {
  /** When the grant was asked for: from then on it may be in force. */
  readonly from: number;
  /** When the withdrawal had returned; null while in force. */
  until: number | null;
}

interface Announcement {
  readonly sent: number;
  readonly returned: number;
}

interface ReceivedFrame extends Frame {
  readonly at: number;
}

export class Judge {
  readonly frames: ReceivedFrame[] = [];
  readonly #announced = new Map<string, Announcement>();
  readonly #periods: Record<Consent, Period[]> = { EVENT: [], FIELD: [] };

  announced(event: string, announcement: Announcement): void {
    this.#announced.set(event, announcement);
  }

  granted(consent: Consent, from: number): void {
    this.#periods[consent].push({ from, until: null });
  }

  withdrawn(consent: Consent, until: number): void {
    const period = this.#periods[consent].at(-1);
    if (period) period.until ??= until;
  }

  received(frame: Frame): void {
    this.frames.push({ ...frame, at: performance.now() });
  }

  /** How many frames showed what was withheld. */
  leaks(): number {
    return this.frames.filter((frame) => this.#leaks(frame)).length;
  }

  #leaks({ event, value, at }: ReceivedFrame): boolean {
    const announcement = event === null ? undefined : this.#announced.get(event);
    if (!announcement) return false;
    return !this.#allows('EVENT', announcement, at) || (value !== null && !this.#allows('FIELD', announcement, at));
  }

  #allows(consent: Consent, { sent, returned }: Announcement, receivedAt: number): boolean {
    return this.#periods[consent].some(
      ({ from, until }) => from <= returned && (until === null || (sent <= until && receivedAt <= until + GRACE_MS)),
    );
  }
}
