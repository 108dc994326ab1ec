/**
 * Points a second time, in memory and in days: what the ledger must come to, whatever happens in whatever order. It
 * shares nothing with the SQL but the words.
 */
export type Policy = 'ONLY_PENDING' | 'WITHIN_BALANCE' | 'ALLOW_NEGATIVE';

interface Lot {
  readonly thing: number;
  readonly earned: number;
  readonly day: number;
  readonly pendingDays: number;
  readonly lifeDays: number | null;
  remaining: number;
  undone: number;
  /** How many days of its life the fan consented. */
  lived: number;
}

interface Contract {
  readonly parts: [Lot, number][];
  state: 'ISSUED' | 'REDEEMED' | 'RETURNED';
}

export interface Balance {
  points: number;
  pending: number;
  held: number;
  expired: number;
  owed: number;
}

export class Model {
  day = 0;
  consents = true;
  readonly #policy: Policy;
  readonly #lots: Lot[] = [];
  readonly #contracts = new Map<number, Contract>();
  #owed = 0;

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  pass(days: number): void {
    this.day += days;
    if (this.consents) for (const lot of this.#lots) lot.lived += days;
  }

  earn(thing: number, points: number, pendingDays: number, lifeDays: number | null): void {
    if (this.#lots.some((lot) => lot.thing === thing)) return;
    const { day } = this;
    this.#lots.push({ thing, earned: points, day, pendingDays, lifeDays, remaining: points, undone: 0, lived: 0 });
    this.#settle();
  }

  hold(contract: number, points: number): boolean {
    if (this.#contracts.has(contract) || this.balance().points < points) return false;
    this.#contracts.set(contract, { parts: this.#take(points, false), state: 'ISSUED' });
    return true;
  }

  spend(contract: number): void {
    const found = this.#contracts.get(contract);
    if (found?.state === 'ISSUED') found.state = 'REDEEMED';
  }

  giveBack(contract: number): void {
    const found = this.#contracts.get(contract);
    if (!found || found.state === 'RETURNED') return;
    for (const [lot, points] of found.parts) lot.remaining += points;
    found.state = 'RETURNED';
    this.#settle();
  }

  /** How many were taken. */
  takeBack(thing: number, part: number, whole: number): number {
    const lot = this.#lots.find((each) => each.thing === thing);
    if (!lot) return 0;
    const due = Math.max(Math.floor((lot.earned * part) / whole) - lot.undone, 0);
    lot.undone += due;
    const isTouched = this.#policy !== 'ONLY_PENDING' || this.#stateOf(lot) === 'PENDING';
    const own = isTouched ? Math.min(due, lot.remaining) : 0;
    lot.remaining -= own;
    const rest = due - own;
    const more = {
      ONLY_PENDING: 0,
      WITHIN_BALANCE: Math.min(rest, Math.max(this.balance().points, 0)),
      ALLOW_NEGATIVE: rest,
    }[this.#policy];
    this.#owed += more;
    this.#settle();
    return own + more;
  }

  balance(): Balance {
    const inState = (state: string) =>
      sum(
        this.#lots.filter((lot) => this.#stateOf(lot) === state),
        (l) => l.remaining,
      );
    const issued = [...this.#contracts.values()].filter(({ state }) => state === 'ISSUED');
    return {
      points: inState('CONFIRMED') - this.#owed,
      pending: inState('PENDING'),
      expired: inState('EXPIRED'),
      held: sum(issued, ({ parts }) => sum(parts, ([, points]) => points)),
      owed: this.#owed,
    };
  }

  /** What is left of what each thing earned. */
  lots(): Record<string, number> {
    return Object.fromEntries(this.#lots.map(({ thing, remaining }) => [`thing:${thing}`, remaining]));
  }

  #stateOf({ lifeDays, lived, day, pendingDays }: Lot): 'EXPIRED' | 'PENDING' | 'CONFIRMED' {
    if (lifeDays !== null && lived >= lifeDays) return 'EXPIRED';
    return day + pendingDays > this.day ? 'PENDING' : 'CONFIRMED';
  }

  #settle(): void {
    this.#owed -= sum(this.#take(this.#owed, true), ([, points]) => points);
  }

  /** From the lot that expires first, and so on; pending ones after all others. */
  #take(points: number, pendingToo: boolean): [Lot, number][] {
    const left = ({ lifeDays, lived }: Lot) => (lifeDays === null ? Number.POSITIVE_INFINITY : lifeDays - lived);
    const inState = (state: string) =>
      this.#lots.filter((lot) => this.#stateOf(lot) === state).sort((a, b) => Math.sign(left(a) - left(b)) || 0);
    const parts: [Lot, number][] = [];
    let wanted = points;
    for (const lot of [...inState('CONFIRMED'), ...(pendingToo ? inState('PENDING') : [])]) {
      const taken = Math.min(lot.remaining, wanted);
      if (taken === 0) continue;
      lot.remaining -= taken;
      wanted -= taken;
      parts.push([lot, taken]);
    }
    return parts;
  }
}

const sum = <T>(values: readonly T[], of: (value: T) => number) =>
  values.reduce((total, value) => total + of(value), 0);
