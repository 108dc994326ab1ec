/** One fan's points, counted from what was earned, burned and given back. Shares nothing with the ledger but the words. */
import type { Balance, RefundPolicy } from '../journal.ts';
import type { Period } from './consent.ts';
import { periodOf } from './local-time.ts';

const DAY_MS = 86_400_000;

export interface EarningRule {
  readonly code: string;
  readonly source: 'ATTENDANCE' | 'STREAK' | 'PURCHASE' | 'ENGAGEMENT';
  readonly action?: 'VIEW' | 'CLICK';
  readonly points: number;
  readonly perAmount?: number;
  readonly every?: number;
  readonly capPerDay?: number;
  readonly pendingDays?: number;
  readonly lifeDays: number;
}

export interface Program {
  readonly timeZone: string;
  readonly qualificationDays: number;
  /** Of points that no rule says otherwise of. */
  readonly lifeDays: number;
  readonly tiers: readonly { readonly code: string; readonly points: number }[];
  readonly rules: readonly EarningRule[];
  readonly rewards: readonly { readonly code: string; readonly points: number; readonly stock: number | null }[];
}

export interface Lot {
  readonly source: string;
  readonly reference: string;
  readonly rule: string;
  readonly earned: number;
  readonly at: number;
  readonly confirmedAt: number;
  readonly lifeMs: number;
  remaining: number;
  /** Undone, and really taken; and left to the fan. */
  taken: number;
  waived: number;
}

interface Contract {
  readonly parts: readonly (readonly [Lot, number])[];
  readonly points: number;
  state: 'ISSUED' | 'REDEEMED' | 'RETURNED';
}

export class Points {
  readonly lots: Lot[] = [];
  readonly contracts = new Map<string, Contract>();
  owed = 0;
  readonly #program: Program;
  /** When the fan consented to LOYALTY, up to then. */
  readonly #periods: (until: number) => readonly Period[];

  constructor(program: Program, periods: (until: number) => readonly Period[]) {
    this.#program = program;
    this.#periods = periods;
  }

  /** What that thing has earned, now or before. */
  earn(
    source: EarningRule['source'],
    reference: string,
    { action, amount = 0, count = 0 }: { action?: string; amount?: number; count?: number },
    at: number,
  ): number {
    const before = this.#ofThing(source, reference);
    if (before.length > 0) return sum(before, ({ earned }) => earned);
    for (const rule of this.#program.rules) {
      if (rule.source !== source || (rule.action && rule.action !== action)) continue;
      if (rule.every && count % rule.every !== 0) continue;
      const wanted = rule.perAmount ? Math.floor(amount / rule.perAmount) * rule.points : rule.points;
      const points = Math.min(wanted, this.#leftToday(rule, at));
      this.#open(source, reference, rule.code, points, rule.pendingDays ?? 0, rule.lifeDays, at);
    }
    return sum(this.#ofThing(source, reference), ({ earned }) => earned);
  }

  earnOffer(reference: string, points: number, at: number): number {
    const [before] = this.#ofThing('OFFER', reference);
    if (before) return before.earned;
    this.#open('OFFER', reference, '', points, 0, this.#program.lifeDays, at);
    return points;
  }

  hold(contract: string, points: number, at: number): boolean {
    if (this.balance(at).points < points) return false;
    this.contracts.set(contract, { parts: this.#take(points, false, at), points, state: 'ISSUED' });
    return true;
  }

  spend(contract: string): void {
    this.contracts.get(contract)!.state = 'REDEEMED';
  }

  giveBack(contract: string, at: number): void {
    const found = this.contracts.get(contract)!;
    for (const [lot, points] of found.parts) lot.remaining += points;
    found.state = 'RETURNED';
    this.#settle(at);
  }

  /** How many were taken for `part` of `whole`, all told so far. */
  takeBack(source: string, reference: string, part: number, whole: number, policy: RefundPolicy, at: number): number {
    const lots = this.#ofThing(source, reference);
    const dueOf = (lot: Lot) => Math.max(Math.floor((lot.earned * part) / whole) - lot.taken - lot.waived, 0);
    let taken = 0;
    for (const lot of lots) {
      const own = Math.min(dueOf(lot), lot.remaining);
      if (policy === 'ONLY_PENDING' && this.#stateOf(lot, at) !== 'PENDING') continue;
      lot.remaining -= own;
      lot.taken += own;
      taken += own;
    }
    for (const lot of lots) {
      const due = dueOf(lot);
      const more = {
        ONLY_PENDING: 0,
        WITHIN_BALANCE: Math.min(due, Math.max(this.balance(at).points, 0)),
        ALLOW_NEGATIVE: due,
      }[policy];
      this.owed += more;
      lot.taken += more;
      lot.waived += due - more;
      taken += more;
      this.#settle(at);
    }
    return taken;
  }

  balance(at: number): Balance {
    const inState = { PENDING: 0, CONFIRMED: 0, EXPIRED: 0 };
    for (const lot of this.lots) inState[this.#stateOf(lot, at)] += lot.remaining;
    const issued = [...this.contracts.values()].filter(({ state }) => state === 'ISSUED');
    return {
      points: inState.CONFIRMED - this.owed,
      pending: inState.PENDING,
      held: sum(issued, ({ points }) => points),
      expired: inState.EXPIRED,
      tier: this.tier(at),
    };
  }

  tier(at: number): string | null {
    const since = at - this.#program.qualificationDays * DAY_MS;
    const counting = this.lots.filter((lot) => lot.confirmedAt <= at && lot.at >= since);
    const qualifying = Math.max(
      sum(counting, ({ earned, taken }) => earned - taken),
      0,
    );
    return this.#program.tiers.findLast(({ points }) => points <= qualifying)?.code ?? null;
  }

  #open(
    source: string,
    reference: string,
    rule: string,
    points: number,
    pendingDays: number,
    lifeDays: number,
    at: number,
  ) {
    if (points <= 0) return;
    const confirmedAt = at + pendingDays * DAY_MS;
    const counts = { earned: points, remaining: points, taken: 0, waived: 0 };
    this.lots.push({ source, reference, rule, at, confirmedAt, lifeMs: lifeDays * DAY_MS, ...counts });
    this.#settle(at);
  }

  #leftToday({ code, capPerDay }: EarningRule, at: number): number {
    if (!capPerDay) return Number.POSITIVE_INFINITY;
    const today = periodOf('DAY', at, this.#program.timeZone);
    const earned = this.lots.filter(
      ({ rule, at: then }) => rule === code && periodOf('DAY', then, this.#program.timeZone) === today,
    );
    return capPerDay - sum(earned, (lot) => lot.earned - lot.taken);
  }

  #ofThing(source: string, reference: string): Lot[] {
    return this.lots.filter((lot) => lot.source === source && lot.reference === reference);
  }

  #stateOf(lot: Lot, at: number): 'PENDING' | 'CONFIRMED' | 'EXPIRED' {
    if (this.#lifeLeft(lot, at) <= 0) return 'EXPIRED';
    return lot.confirmedAt > at ? 'PENDING' : 'CONFIRMED';
  }

  #lifeLeft({ at: from, lifeMs }: Lot, at: number): number {
    return lifeMs - overlap(this.#periods(at), from, at);
  }

  #settle(at: number): void {
    if (this.owed > 0) this.owed -= sum(this.#take(this.owed, true, at), ([, points]) => points);
  }

  /** From the lot that expires first, and so on; pending ones after all others. */
  #take(points: number, pendingToo: boolean, at: number): [Lot, number][] {
    const inState = (state: string) =>
      this.lots
        .filter((lot) => lot.remaining > 0 && this.#stateOf(lot, at) === state)
        .sort((a, b) => this.#lifeLeft(a, at) - this.#lifeLeft(b, at));
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

/** How much of the time between two instants lies in any of the periods. */
export function overlap(periods: readonly Period[], from: number, until: number): number {
  let covered = from;
  let total = 0;
  for (const [begin, end] of [...periods].sort((a, b) => a[0] - b[0])) {
    const [since, to] = [Math.max(begin, covered), Math.min(end, until)];
    if (to <= since) continue;
    total += to - since;
    covered = to;
  }
  return total;
}

const sum = <T>(values: readonly T[], of: (value: T) => number): number =>
  values.reduce((total, value) => total + of(value), 0);
