/**
 * Claims as they should be, in a page: what a campaign's budget, its cap and its holds allow, computed from nothing but
 * what has happened so far. It keeps no counters and shares no code with the server.
 */
export interface Terms {
  readonly claims: number | null;
  readonly money: number | null;
  readonly cap: number;
  readonly holdMs: number;
  readonly discount: { kind: 'AMOUNT'; amount: number } | { kind: 'PERCENT'; percent: number };
}

interface Held {
  readonly fan: number;
  readonly key: string;
  readonly claimedAt: number;
  readonly expiresAt: number;
  redeemed: boolean;
  reserved: number;
}

interface Redeemed {
  readonly claim: number;
  readonly key: string;
  readonly input: string;
  readonly spent: number;
  rolledBack: string | null;
}

export interface Scan {
  readonly claim: number;
  readonly key: string;
  readonly total: number | null;
  /** When it was scanned; null: now. */
  readonly at: number | null;
}

export class Model {
  readonly claims: Held[] = [];
  readonly redemptions: Redeemed[] = [];
  readonly gone = new Set<number>();
  readonly #terms: Terms;
  now = 0;

  constructor(terms: Terms) {
    this.#terms = terms;
  }

  /** The claims that count: held and not expired, or redeemed, by whomever. */
  #counting(except?: Held): Held[] {
    const alive = (claim: Held) => claim.redeemed || (!this.gone.has(claim.fan) && claim.expiresAt > this.now);
    return this.claims.filter((claim) => claim !== except && alive(claim));
  }

  used(except?: Held): { claims: number; redeemed: number; money: number } {
    const counting = this.#counting(except);
    const reserved = counting.reduce((sum, claim) => sum + (claim.redeemed ? 0 : claim.reserved), 0);
    const spent = this.redemptions.reduce((sum, each) => sum + (each.rolledBack === null ? each.spent : 0), 0);
    return {
      claims: counting.length,
      redeemed: counting.filter(({ redeemed }) => redeemed).length,
      money: reserved + spent,
    };
  }

  #hasRoom(money: number, except?: Held): boolean {
    const used = this.used(except);
    const slots = this.#terms.claims === null || used.claims < this.#terms.claims;
    return slots && (this.#terms.money === null || money === 0 || used.money + money <= this.#terms.money);
  }

  #atCap(fan: number, except?: Held): boolean {
    return this.#counting(except).filter((claim) => claim.fan === fan).length >= this.#terms.cap;
  }

  claim(fan: number, key: string): string {
    if (this.gone.has(fan)) return 'NOT_FOUND';
    if (this.claims.some((claim) => claim.fan === fan && claim.key === key)) return 'CLAIMED';
    const { discount, money, holdMs } = this.#terms;
    const needed = discount.kind === 'AMOUNT' ? discount.amount : 1;
    if (this.#atCap(fan)) return 'LIMIT';
    if (!this.#hasRoom(needed)) return 'SOLD_OUT';
    const reserved = money !== null && discount.kind === 'AMOUNT' ? discount.amount : 0;
    this.claims.push({ fan, key, claimedAt: this.now, expiresAt: this.now + holdMs, redeemed: false, reserved });
    return 'CLAIMED';
  }

  redeem({ claim: place, key, total, at }: Scan): string {
    const input = JSON.stringify([place, total, at]);
    const repeated = this.redemptions.find((each) => each.key === key);
    if (repeated) return repeated.input === input ? 'REDEEMED' : 'KEY_CONFLICT';
    const claim = this.claims[place]!;
    if (this.gone.has(claim.fan)) return 'NOT_FOUND';
    if (claim.redeemed) return 'ALREADY';
    const scanned = at ?? this.now;
    if (scanned < claim.claimedAt || scanned >= claim.expiresAt) return 'EXPIRED';
    const off = this.#off(total);
    const spent = this.#terms.money === null ? 0 : off;
    if (spent === null) return 'TOTAL_NEEDED';
    if (claim.expiresAt <= this.now && this.#atCap(claim.fan, claim)) return 'LIMIT';
    // A hold that lasts has its slot, and the money that waits for it.
    if (claim.expiresAt <= this.now ? !this.#hasRoom(spent, claim) : !this.#affords(spent, claim)) return 'SOLD_OUT';
    claim.redeemed = true;
    claim.reserved = 0;
    this.redemptions.push({ claim: place, key, input, spent, rolledBack: null });
    return 'REDEEMED';
  }

  #affords(spent: number, claim: Held): boolean {
    const { money } = this.#terms;
    return money === null || spent <= claim.reserved || this.used(claim).money + spent <= money;
  }

  #off(total: number | null): number | null {
    const { discount } = this.#terms;
    if (discount.kind === 'AMOUNT') return Math.min(discount.amount, total ?? Number.POSITIVE_INFINITY);
    return total === null ? null : Math.round((total * discount.percent) / 100);
  }

  rollBack(place: number, key: string): string {
    const redemption = this.redemptions[place]!;
    if (redemption.rolledBack !== null) return redemption.rolledBack === key ? 'ROLLED_BACK' : 'ALREADY';
    if (this.redemptions.some(({ rolledBack }) => rolledBack === key)) return 'KEY_CONFLICT';
    redemption.rolledBack = key;
    const claim = this.claims[redemption.claim]!;
    claim.redeemed = false;
    const holds = claim.expiresAt > this.now && this.#terms.discount.kind === 'AMOUNT';
    claim.reserved = holds ? redemption.spent : 0;
    return 'ROLLED_BACK';
  }

  /** The fan is erased: what they hold goes back, what was redeemed stays counted. */
  erase(fan: number): void {
    this.gone.add(fan);
  }
}
