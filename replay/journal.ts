/**
 * What was asked and what was answered, in the order of the answers. Keys are the database's own, so that an answer and a
 * stored row can be compared; a fan is their place in the crowd. `at` is the instant at which the server stood; `sent` and
 * `returned` number all requests and answers in one order, so that of two acts it is known which was certainly first.
 */
export type Scope =
  | 'PRESENCE_VENUE'
  | 'PRESENCE_ZONE'
  | 'OFFERS_LIVE'
  | 'HISTORY_ATTENDANCE'
  | 'HISTORY_PURCHASE'
  | 'HISTORY_ENGAGEMENT'
  | 'PROFILE'
  | 'PROFILE_PREFERENCES'
  | 'PERSONALIZATION'
  | 'LOYALTY'
  | 'ANALYTICS';

export type Duration = 'STANDING' | 'GAME' | 'UNTIL';

export interface Limit {
  readonly action: 'CLAIM' | 'REDEEM';
  readonly period: 'HOUR' | 'DAY' | 'WEEK' | 'MONTH' | 'GAME' | 'EVER';
  readonly per: readonly ('FAN' | 'VENUE' | 'CAMPAIGN' | 'PARTNER')[];
  readonly atMost: number;
}

export type Discount =
  | { readonly kind: 'PERCENT'; readonly percent: number }
  | { readonly kind: 'AMOUNT'; readonly amount: number }
  | { readonly kind: 'POINTS'; readonly points: number };

/** A campaign as its partner asked for it. Money is in one currency. */
export interface Plan {
  readonly kind: string;
  readonly partner: string;
  readonly discount: Discount;
  readonly claims: number | null;
  readonly spend: number | null;
  readonly capPerFan: number;
  readonly holdMinutes: number;
  readonly limits: readonly Limit[];
  readonly from: number;
  readonly until: number;
  readonly teams: readonly string[];
  readonly tiers: readonly string[];
  readonly visits: { readonly atLeast: number; readonly withinDays: number } | null;
  readonly streak: number | null;
  readonly engagements: {
    readonly kind: 'VIEW' | 'CLICK';
    readonly atLeast: number;
    readonly withinDays: number;
  } | null;
  readonly gameStatuses: readonly ('SCHEDULED' | 'LIVE')[];
  /** Open on these days of the week (0: Sunday), from that hour on for so many, by the clock of the venue. */
  readonly hours: { readonly days: readonly number[]; readonly from: number; readonly lasts: number } | null;
  /** Only fans in the zone of that place in the list of a venue's. */
  readonly zone: number | null;
  readonly holdout: number;
  readonly stacking: {
    readonly group: string;
    readonly mode: 'STACKABLE' | 'LIST_ORDER' | 'LOWEST' | 'HIGHEST';
  } | null;
  readonly draft: boolean;
  /** An explicit audience, by fan. */
  readonly targets: readonly number[] | null;
}

/** Of an answer: a refusal's code, null for success. */
export type Code = string | null;

export interface Balance {
  readonly points: number;
  readonly pending: number;
  readonly held: number;
  readonly expired: number;
  readonly tier: string | null;
}

/** Of several kinds each its own type. */
type Of<Kind extends string, More> = Kind extends string ? { readonly kind: Kind } & Readonly<More> : never;

/** What happened in the world. */
export type WorldAct =
  | Of<'POLICY', { version: string; effectiveAt: number; material: boolean }>
  | Of<'REFUNDS', { policy: RefundPolicy }>
  | Of<'GAME', { game: string; status: GameStatus }>
  | Of<'CAMPAIGN', { campaign: string; offer: string; plan: Plan }>
  | Of<'LAUNCH' | 'END', { campaign: string; code: Code }>
  | Of<'PAUSE_CAMPAIGN', { campaign: string; paused: boolean; code: Code }>
  | Of<'HOME', { partner: string; campaigns: readonly Told[] }>
  | Of<'ANNOUNCE', { campaign: string; game: string; announcement: string | null; code: Code }>;

export type GameStatus = 'SCHEDULED' | 'LIVE' | 'FINAL' | 'POSTPONED' | 'SUSPENDED' | 'CANCELED';
export type RefundPolicy = 'ONLY_PENDING' | 'WITHIN_BALANCE' | 'ALLOW_NEGATIVE';

/** What a fan did, or a till or a gate with them. */
export type FanAct = { readonly fan: number } & (
  | Of<'ENROLL', { key: string | null; version: string; team: string | null; also: readonly Scope[]; code: Code }>
  | Of<
      'GRANT',
      {
        scopes: readonly Scope[];
        recipient: string | null;
        duration: Duration;
        game: string | null;
        until: number | null;
        version: string;
        code: Code;
      }
    >
  | Of<'WITHDRAW', { scopes: readonly Scope[]; recipient: string | null; erase: boolean; code: Code }>
  | Of<'SIT_OUT', { game: string; code: Code }>
  | Of<'VETO', object>
  | Of<'ERASE', { code: Code }>
  | Of<'CHECK_IN', { game: string; zone: string; created: boolean; code: Code }>
  | Of<'CHECK_OUT', { game: string; code: Code }>
  | Of<'ARRIVE', { game: string; points: number; code: Code }>
  | Of<'LOOK', { balance: Balance | null }>
  | Of<'OFFERS', { game: string; offers: readonly string[] | null }>
  | Of<'ENGAGE', { offer: string; engagement: 'VIEW' | 'CLICK' | 'DISMISS'; recorded: boolean; code: Code }>
  | Of<'CLAIM', { offer: string; game: string; key: string; claim: string | null; expiresAt: number; code: Code }>
  | Of<
      'REDEEM',
      {
        claim: string;
        venue: string;
        till: string;
        key: string;
        total: number | null;
        order: string | null;
        /** When it was scanned, where that was earlier. */
        scanned: number | null;
        redemption: string | null;
        discount: number | null;
        points: number;
        code: Code;
      }
    >
  | Of<'ROLL_BACK', { redemption: string; till: string; key: string; code: Code }>
  | Of<
      'PURCHASE',
      { venue: string; till: string; key: string; total: number; purchase: string | null; points: number; code: Code }
    >
  | Of<'REFUND', { purchase: string; till: string; key: string; amount: number; taken: number | null; code: Code }>
  | Of<'REWARD', { reward: string; key: string; redemption: string | null; code: Code }>
  | Of<'HONOR' | 'RETURN', { redemption: string; code: Code }>
);

/** What a partner reads of its campaigns that are over: exact numbers, or null where there were too few fans. */
export interface Told {
  readonly campaign: string;
  readonly redeemed: number | null;
  readonly slots: number | null;
  readonly money: number | null;
}

/** What came over a stream while the server stood at `at`, written down when its listener had heard enough. */
export type Heard =
  | Of<'OFFER_HEARD', { fan: number; announcement: string; because: boolean; zone: string | null }>
  /** The offers of which the fan has been told meanwhile, and not over the stream. */
  | Of<'UNHEARD', { fan: number; offers: readonly string[] }>
  | Of<
      'ACTIVITY_HEARD',
      {
        partner: string;
        partnerKey: string;
        activity: string;
        campaign: string;
        fanKey: string | null;
        name: string | null;
        team: string | null;
      }
    >;

/** Where the server did not answer as it has to: that alone is a violation. */
type Fault = Of<'FAULT', { what: string }>;

export type Act = WorldAct | FanAct | Heard | Fault;

export interface Span {
  readonly at: number;
  readonly sent: number;
  readonly returned: number;
}

export type Entry = Act & Span;

const FAULT = { code: 'FAULT' };

/** Numbers requests and answers, and writes each act down when its answer is there. */
export class Journal {
  readonly entries: Entry[] = [];
  at = 0;
  #clock = 0;

  /** Waits for the answer, and keeps what is made of it; of a fault the code, with which everything goes on. */
  async note<T>(ask: () => Promise<T>, toAct: (answer: T) => Act): Promise<T> {
    const { at } = this;
    this.#clock += 1;
    const sent = this.#clock;
    const answer = await ask().catch((error: unknown) => error as Error);
    this.#clock += 1;
    const failed = answer instanceof Error;
    const act: Act = failed ? { kind: 'FAULT', what: answer.message } : toAct(answer);
    this.entries.push({ ...act, at, sent, returned: this.#clock });
    return failed ? (FAULT as T) : answer;
  }

  /** What happened of itself. */
  say(act: Act): void {
    this.#clock += 1;
    this.entries.push({ ...act, at: this.at, sent: this.#clock, returned: this.#clock });
  }
}
