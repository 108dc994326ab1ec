/** What is in force for one fan, towards one recipient, in one game: an immutable answer of `consent_mask`. */
import { bitOf, bitsOf, CONSENT_SCOPES, type ConsentScope } from './scopes.ts';

export interface DecisionKey {
  readonly fanId: string;
  /** Null: the operator. */
  readonly recipientId: string | null;
  /** Null: wherever the fan is now. */
  readonly gameId: string | null;
}

export class Decision {
  readonly mask: number;
  readonly lineages: readonly string[];
  #listed: string | null = null;

  constructor(mask: number, lineages: readonly string[]) {
    this.mask = mask;
    this.lineages = lineages;
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

  /** The scopes of which `heldSince` is true, as bits, for lineages listed in a text. */
  maskSince(captured: string): number {
    if (captured === this.#list()) return this.mask;
    const lineages = lineagesIn(captured);
    return bitsOf(CONSENT_SCOPES.filter((scope) => this.heldSince(scope, lineages)));
  }

  /** Whether one of these scopes was in force when it was captured and has not been without a gap since. */
  lacks(captured: string, mask: number): boolean {
    if (captured === this.#list()) return false;
    const lineages = lineagesIn(captured);
    return CONSENT_SCOPES.some(
      (scope) => (mask & bitOf(scope)) !== 0 && wasHeld(scope, lineages) && !this.heldSince(scope, lineages),
    );
  }

  /** Where nothing has changed, comparing two texts tells. */
  #list(): string {
    this.#listed ??= this.lineages.join(',');
    return this.#listed;
  }
}

/** Whether the scope was in force at the moment of which these are the lineages. */
export const wasHeld = (scope: ConsentScope, captured: readonly string[]): boolean =>
  (captured[CONSENT_SCOPES.indexOf(scope)] ?? '0') !== '0';

/** The lineages listed in a text, by comma. */
export const lineagesIn = (listed: string): readonly string[] => listed.split(',');

/** The answer to anything unknown, missing or failed. */
export const DENIAL = new Decision(
  0,
  CONSENT_SCOPES.map(() => '0'),
);
