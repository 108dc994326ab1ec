/** What the soak's phones did and received, on its one monotonic clock. */
import type { Act, Session, Span } from '../gameday/journal.ts';

export interface Announced extends Span {
  readonly id: string;
}

export interface Received {
  /** No later than it can have come. */
  readonly at: number;
  /** Of the announcement; null: it was none. */
  readonly id: string | null;
  readonly reason: boolean;
  /** What was wrong with it by itself; null: nothing. */
  readonly trouble: string | null;
}

export interface PhoneRecord {
  readonly name: string;
  readonly acts: readonly Act[];
  readonly frames: readonly Received[];
  /** One stream in the fan's eyes, resumed after each loss. */
  readonly sessions: readonly Session[];
}
