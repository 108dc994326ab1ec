/** What there is to know of one fan, from the fan's own acts and what was done with them. */
import type { FanAct, Scope } from '../journal.ts';
import { Consent } from './consent.ts';
import { Points, type Program } from './points.ts';
import type { World } from './world.ts';

export interface Visit {
  readonly arrivedAt: number;
  provenAt: number | null;
}

/** By which announcement, and where, a fan was told an offer. */
export interface Told {
  readonly announcement: string;
  readonly game: string;
  /** False where it cannot be known from outside whether they were. */
  certain: boolean;
  /** Earlier announcements of the same offer by which they may have been told instead. */
  readonly or: readonly Told[];
}

/** All announcements by which they may have been told it, the latest first. */
export const waysOf = (told: Told): readonly Told[] => [told, ...told.or];

/** Whether it is known by which. */
export const isKnown = ({ certain, or }: Told): boolean => certain && or.length === 0;

export interface Purchase {
  readonly total: number;
  refunded: number;
}

export class FanBook {
  readonly fan: number;
  readonly key: string;
  readonly consent: Consent;
  readonly points: Points;
  readonly visits = new Map<string, Visit>();
  readonly told = new Map<string, Told>();
  /** Offers that they were told and had erased, and with them that they were meant to be told; false: perhaps. */
  readonly forgotten = new Map<string, boolean>();
  /** By offer and kind. */
  readonly engaged = new Map<string, { readonly offer: string; readonly kind: string; readonly at: number }>();
  readonly purchases = new Map<string, Purchase>();
  readonly rewards = new Map<string, { readonly reward: string; state: 'ISSUED' | 'REDEEMED' | 'RETURNED' }>();
  team: string | null = null;
  /** The game at which the fan is, and where in the venue. */
  here: string | null = null;
  /** Where they were last, or are. */
  last: string | null = null;
  zone: string | null = null;

  constructor(fan: number, key: string, world: World, program: Program) {
    this.fan = fan;
    this.key = key;
    this.consent = new Consent(world);
    this.points = new Points(program, (until) => this.consent.periods('LOYALTY', until));
  }

  /** In the context of a game; without one, of where the fan is. */
  holds(scope: Scope, game: string | null, at: number, recipient: string | null = null): boolean {
    return this.consent.holds(scope, recipient, game, game === null ? this.here : null, at);
  }

  withdraw({ scopes, recipient, erase }: Extract<FanAct, { kind: 'WITHDRAW' }>, world: World, at: number): void {
    this.consent.withdraw(scopes, recipient, at);
    if (recipient !== null) return;
    if (scopes.includes('PRESENCE_VENUE')) this.leave();
    else if (scopes.includes('PRESENCE_ZONE')) this.zone = null;
    if (!erase) return;
    if (scopes.includes('HISTORY_ATTENDANCE')) {
      for (const game of this.visits.keys()) if (world.game(game).endedAt !== null) this.visits.delete(game);
    }
    if (scopes.includes('OFFERS_LIVE')) this.#forgetOffers();
    if (scopes.includes('HISTORY_ENGAGEMENT')) this.engaged.clear();
    if (scopes.includes('HISTORY_PURCHASE')) this.purchases.clear();
    if (scopes.includes('PROFILE_PREFERENCES')) this.team = null;
  }

  #forgetOffers(): void {
    for (const [offer, { certain }] of this.told)
      this.forgotten.set(offer, certain || this.forgotten.get(offer) === true);
    this.told.clear();
  }

  /** At the gate or in another zone; a zone that is not told stays as it was known. */
  enter(game: string, zone: string | null): void {
    this.zone = zone ?? (this.here === game ? this.zone : null);
    this.here = game;
    this.last = game;
  }

  leave(): void {
    this.here = null;
    this.zone = null;
  }
}
