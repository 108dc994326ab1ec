/**
 * What each campaign gave out, from the answers alone: who held what, who had redeemed what, when each was released. Acts of
 * one instant overlap, so two counts are kept of everything: what was certainly in use, by which a grant too many is proved,
 * and what may have been, by which a refusal is excused.
 */
import type { Entry, Limit, Plan, Span } from '../journal.ts';
import { periodOf } from './local-time.ts';

export interface Claim extends Span {
  readonly id: string;
  readonly fan: number;
  readonly campaign: Campaign;
  /** Where the offer was announced to the fan, wherever they were when they took it. */
  game: string;
  venue: string;
  /** All where that may have been. */
  venues: ReadonlySet<string>;
  readonly expiresAt: number;
  /** With what the fan had collected. */
  gone: Span | null;
}

export interface Redemption extends Span {
  readonly id: string;
  readonly claim: Claim;
  /** When the code was scanned. */
  readonly scannedAt: number;
  readonly spent: number;
  readonly order: string | null;
  rolledBack: Span | null;
}

export interface Campaign {
  readonly key: string;
  readonly offer: string;
  readonly plan: Plan;
  launched: boolean;
  paused: boolean;
  ended: boolean;
  readonly claims: Claim[];
  readonly redemptions: Redemption[];
}

/** One look at the books: as of the act that is judged. */
type Bound = 'CERTAIN' | 'POSSIBLE';

export class Books {
  readonly campaigns = new Map<string, Campaign>();
  readonly ofOffer = new Map<string, Campaign>();
  readonly claims = new Map<string, Claim>();
  readonly redemptions = new Map<string, Redemption>();
  readonly venueOf: (game: string) => string;
  readonly #timeZone: (venue: string) => string;

  constructor(
    entries: readonly Entry[],
    { venueOf, timeZone }: { venueOf: (game: string) => string; timeZone: (venue: string) => string },
  ) {
    this.venueOf = venueOf;
    this.#timeZone = timeZone;
    for (const entry of entries) this.#enter(entry);
  }

  /** Whether a claim is in use when the act is judged. */
  isUsed(claim: Claim, act: Span, bound: Bound): boolean {
    if (!began(claim, act, bound)) return false;
    if (this.#redemptionsOf(claim).some((redemption) => this.#stands(redemption, act, bound))) return true;
    if (claim.gone && released(claim.gone, act, bound)) return false;
    return claim.expiresAt > act.at;
  }

  isRedeemed(claim: Claim, act: Span, bound: Bound): boolean {
    return this.#redemptionsOf(claim).some((redemption) => this.#stands(redemption, act, bound));
  }

  slots(campaign: Campaign, act: Span, bound: Bound, except: Claim | null = null): number {
    return campaign.claims.filter((claim) => claim !== except && this.isUsed(claim, act, bound)).length;
  }

  /** Reserved for claims that are held, and spent on those that were redeemed. */
  money(campaign: Campaign, act: Span, bound: Bound, except: Claim | null = null): number {
    let money = 0;
    for (const claim of campaign.claims) {
      if (claim === except || !this.isUsed(claim, act, bound)) continue;
      const redemptions = this.#redemptionsOf(claim);
      const standing = redemptions.find((each) => this.#stands(each, act, bound));
      // What was taken back is reserved again, and no more than that.
      money += standing ? standing.spent : Math.min(reserveOf(campaign.plan), ...redemptions.map(({ spent }) => spent));
    }
    return money;
  }

  /** How many of an action count against a limit together with this one, which is left out. */
  counted(limit: Limit, subject: Claim, scannedAt: number, act: Span, bound: Bound): number {
    const campaigns = limit.per.includes('PARTNER')
      ? [...this.campaigns.values()].filter(({ plan }) => plan.partner === subject.campaign.plan.partner)
      : [subject.campaign];
    const ofFan = limit.per.includes('FAN');
    const alike = (claim: Claim, at: number) =>
      claim !== subject &&
      (!ofFan || (claim.fan === subject.fan && !(claim.gone && released(claim.gone, act, bound)))) &&
      (!limit.per.includes('VENUE') || claim.venue === subject.venue) &&
      this.#samePeriod(limit, at, limit.action === 'REDEEM' ? scannedAt : subject.at, claim, subject);
    let count = 0;
    for (const campaign of campaigns) {
      if (limit.action === 'REDEEM') {
        count += campaign.redemptions.filter(
          (redemption) => this.#stands(redemption, act, bound) && alike(redemption.claim, redemption.scannedAt),
        ).length;
      } else {
        count += campaign.claims.filter((claim) => alike(claim, claim.at) && this.isUsed(claim, act, bound)).length;
      }
    }
    return count;
  }

  #samePeriod({ period }: Limit, at: number, then: number, claim: Claim, subject: Claim): boolean {
    if (period === 'EVER') return true;
    if (period === 'GAME') return claim.game === subject.game;
    const timeZone = this.#timeZone(subject.venue);
    return periodOf(period, at, timeZone) === periodOf(period, then, timeZone);
  }

  #redemptionsOf(claim: Claim): readonly Redemption[] {
    return this.#ofClaim.get(claim) ?? [];
  }
  readonly #ofClaim = new Map<Claim, Redemption[]>();

  #stands(redemption: Redemption, act: Span, bound: Bound): boolean {
    return began(redemption, act, bound) && !(redemption.rolledBack && released(redemption.rolledBack, act, bound));
  }

  /** What a claim is or would have been, announced at one of these games: at that where it was taken, if it is among them. */
  suppose(entry: Extract<Entry, { kind: 'CLAIM' }>, campaign: Campaign, games: readonly string[]): Claim {
    const { claim, fan, at, sent, returned, expiresAt } = entry;
    const where = this.#where(entry.game, games);
    return { at, sent, returned, id: claim ?? '', fan, campaign, ...where, expiresAt: expiresAt ?? at, gone: null };
  }

  /** Of a claim that was entered as if the offer had been announced where it was taken. */
  locate(id: string, games: readonly string[]): void {
    const claim = this.claims.get(id)!;
    Object.assign(claim, this.#where(claim.game, games));
  }

  #where(taken: string, games: readonly string[]): Pick<Claim, 'game' | 'venue' | 'venues'> {
    const game = games.includes(taken) ? taken : games[0]!;
    return { game, venue: this.venueOf(game), venues: new Set(games.map(this.venueOf)) };
  }

  #enter(entry: Entry): void {
    const { at, sent, returned } = entry;
    const span = { at, sent, returned };
    switch (entry.kind) {
      case 'CAMPAIGN': {
        const { campaign: key, offer, plan } = entry;
        const state = { launched: !plan.draft, paused: false, ended: false, claims: [], redemptions: [] };
        const campaign: Campaign = { key, offer, plan, ...state };
        this.campaigns.set(key, campaign);
        this.ofOffer.set(offer, campaign);
        return;
      }
      case 'CLAIM': {
        const campaign = this.ofOffer.get(entry.offer);
        if (!entry.claim || !campaign || this.claims.has(entry.claim)) return;
        const claim = this.suppose(entry, campaign, [entry.game]);
        this.claims.set(claim.id, claim);
        campaign.claims.push(claim);
        return;
      }
      case 'REDEEM': {
        const claim = this.claims.get(entry.claim);
        if (!entry.redemption || !claim || this.redemptions.has(entry.redemption)) return;
        const { plan } = claim.campaign;
        const spent = plan.spend !== null && plan.discount.kind !== 'POINTS' ? (entry.discount ?? 0) : 0;
        const { redemption: id, order } = entry;
        const redemption: Redemption = {
          ...span,
          id,
          claim,
          scannedAt: entry.scanned ?? at,
          spent,
          order,
          rolledBack: null,
        };
        this.redemptions.set(id, redemption);
        claim.campaign.redemptions.push(redemption);
        const others = this.#ofClaim.get(claim);
        if (others) others.push(redemption);
        else this.#ofClaim.set(claim, [redemption]);
        return;
      }
      case 'ROLL_BACK': {
        const redemption = this.redemptions.get(entry.redemption);
        if (redemption && entry.code === null) redemption.rolledBack ??= span;
        return;
      }
      case 'WITHDRAW':
        if (entry.erase && entry.recipient === null && entry.scopes.includes('OFFERS_LIVE'))
          this.#forget(entry.fan, span);
        return;
      case 'ERASE':
        if (entry.code === null) this.#forget(entry.fan, span);
    }
  }

  #forget(fan: number, span: Span): void {
    for (const claim of this.claims.values()) if (claim.fan === fan) claim.gone ??= span;
  }
}

export const reserveOf = ({ discount, spend }: Plan): number =>
  discount.kind === 'AMOUNT' && spend !== null ? discount.amount : 0;

/** Certainly before the act was over; or possibly. */
const began = (what: Span, act: Span, bound: Bound): boolean =>
  bound === 'CERTAIN' ? what.returned <= act.returned : what.sent < act.returned;

/** Where something is to be certainly in use, it must not even possibly have been released; and the other way about. */
const released = (what: Span, act: Span, bound: Bound): boolean =>
  bound === 'CERTAIN' ? what.sent < act.returned : what.returned <= act.sent;
