/**
 * What is in force for one fan, towards one recipient, in one game: an immutable answer of `consent_mask`, and whether
 * it is still the answer, as far as this node knows.
 */
import { bitOf, bitsOf, CONSENT_SCOPES, type ConsentScope } from './scopes.ts';

export interface DecisionKey {
  readonly fanId: string;
  /** Null: the operator. */
  readonly recipientId: string | null;
  /** Null: wherever the fan is now. */
  readonly gameId: string | null;
}

/** A number of 64 bits that stands for a list of lineages, in two halves. */
export interface Fingerprint {
  readonly high: number;
  readonly low: number;
}

const LAPSED = -1;

export class Decision {
  readonly mask: number;
  readonly lineages: readonly string[];
  /** Of the lineages, as the gate that made the decision takes it. */
  readonly fingerprint: Fingerprint | null;
  /** On the monotonic clock, in whole milliseconds, which engines keep within the object. */
  #until = LAPSED;

  constructor(mask: number, lineages: readonly string[], fingerprint: Fingerprint | null = null) {
    this.mask = mask;
    this.lineages = lineages;
    this.fingerprint = fingerprint;
  }

  /** Whether it is remembered and its time has not come. `now` was read in the tick that asks. */
  counts(now: number): boolean {
    return now < this.#until;
  }

  /** For the gate's memory alone, as is `lapse`. */
  countUntil(until: number): void {
    this.#until = Math.floor(until);
  }

  lapse(): void {
    this.#until = LAPSED;
  }

  holds(scope: ConsentScope): boolean {
    return (this.mask & bitOf(scope)) !== 0;
  }

  /** Whether it says the same: the same scopes, each without a gap between. */
  equals(other: Decision | undefined): boolean {
    if (this === other) return true;
    return this.mask === other?.mask && this.lineages.every((lineage, bit) => lineage === other.lineages[bit]);
  }

  /** Whether the scope is in force now and has been without a gap since `captured`, the lineages of an earlier moment. */
  heldSince(scope: ConsentScope, captured: readonly string[]): boolean {
    const place = CONSENT_SCOPES.indexOf(scope);
    return this.holds(scope) && wasHeld(scope, captured) && captured[place] === this.lineages[place];
  }

  /** The scopes of which `heldSince` is true, as bits. */
  maskSince(captured: readonly string[]): number {
    return bitsOf(CONSENT_SCOPES.filter((scope) => this.heldSince(scope, captured)));
  }

  /** Whether one of these scopes was in force when it was captured and has not been without a gap since. */
  lacks(captured: readonly string[], mask: number): boolean {
    return CONSENT_SCOPES.some(
      (scope) => (mask & bitOf(scope)) !== 0 && wasHeld(scope, captured) && !this.heldSince(scope, captured),
    );
  }
}

/** Whether the scope was in force at the moment of which these are the lineages. */
export const wasHeld = (scope: ConsentScope, captured: readonly string[]): boolean =>
  (captured[CONSENT_SCOPES.indexOf(scope)] ?? '0') !== '0';

/** The answer to anything unknown, missing or failed. */
export const DENIAL = new Decision(
  0,
  CONSENT_SCOPES.map(() => '0'),
);
