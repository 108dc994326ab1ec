/**
 * Judges what partners were told. A partner may be told only of fans who shared their presence with it when it
 * happened, and have not withdrawn since; each field needs its own scope, from the operator and from this partner. What
 * certainly was shared all the while has to come, once.
 */
import { consentPeriods, covers, type Period, touches } from './certainty.ts';
import type { Activity, Announcement, FanRecord, PartnerRecord, Scope, Span } from './journal.ts';
import {
  DELIVERED_MS,
  dueAt,
  inAudience,
  type Knowledge,
  knowledgeOf,
  mayShow,
  mustShow,
  possibleZones,
} from './knowledge.ts';
import type { Verdict } from './oracle.ts';

/** What an activity tells of: an announcement, or what the fan did. */
type Cause = Span & { readonly announcement: Announcement };
type Fits = (scope: Scope) => boolean;

export function judgePartners(
  partners: readonly PartnerRecord[],
  fans: readonly FanRecord[],
  announcements: readonly Announcement[],
  deliveredMs = DELIVERED_MS,
): Pick<Verdict, 'leaks' | 'missing'> {
  const verdict = { leaks: [] as string[], missing: [] as string[] };
  for (const partner of partners) {
    const own = announcements.filter((announcement) => announcement.partner === partner.code);
    for (const { errors } of partner.activities) {
      if (errors) verdict.missing.push(`${partner.code}: a frame with errors: ${JSON.stringify(errors)}`);
    }
    const told = partner.activities.filter(({ type }) => type === 'OfferActivity');
    for (const { fanId } of told) {
      const name = partner.names.get(fanId ?? '');
      if (!fans.some((fan) => fan.name === name)) verdict.leaks.push(`${partner.code}: of somebody unknown, ${fanId}`);
    }
    for (const fan of fans) {
      const ofFan = told.filter(({ fanId }) => partner.names.get(fanId ?? '') === fan.name);
      new Judgement(partner, fan, own, deliveredMs, verdict).judge(ofFan);
    }
  }
  return verdict;
}

/** One fan before one partner. */
class Judgement {
  readonly #partner: PartnerRecord;
  readonly #fan: FanRecord;
  readonly #own: readonly Announcement[];
  readonly #known: Knowledge;
  readonly #shared = new Map<Scope, Period<Scope>[]>();
  readonly #verdict: Pick<Verdict, 'leaks' | 'missing'>;

  constructor(
    partner: PartnerRecord,
    fan: FanRecord,
    own: readonly Announcement[],
    deliveredMs: number,
    verdict: Pick<Verdict, 'leaks' | 'missing'>,
  ) {
    this.#partner = partner;
    this.#fan = fan;
    this.#own = own;
    this.#known = knowledgeOf(fan, deliveredMs);
    this.#verdict = verdict;
  }

  judge(told: readonly Activity[]): void {
    for (const activity of told) this.#judgeActivity(activity);
    const seen = Map.groupBy(told, ({ campaignId, activity }) => `${activity} of ${campaignId}`);
    for (const [what, times] of seen) if (times.length > 1) this.#leak(`${what} came ${times.length} times`);
    for (const announcement of this.#own) this.#expect(announcement, told);
  }

  #judgeActivity(told: Activity): void {
    const name = `${told.activity} of ${told.campaignId}`;
    const may = (cause: Cause) => (scope: Scope) =>
      mayShow(this.#known.consent[scope], cause, told.at) && mayShow(this.#sharedBy(scope), cause, told.at);
    const causes = this.#causesOf(told).filter((cause) => cause.sent <= told.at);
    if (causes.length === 0) this.#leak(`${name}, which never happened`);
    const allowed = causes.filter((cause) => {
      const kept = this.#known.consent[keptUnder(told.activity)];
      return may(cause)('PRESENCE_VENUE') && mayShow(kept, cause, told.at);
    });
    if (causes.length > 0 && allowed.length === 0) this.#leak(`${name}, without consent`);
    const some = (fits: (of: Cause) => Fits, scope: Scope) => causes.some((cause) => fits(cause)(scope));
    const must = (cause: Cause) => (scope: Scope) =>
      mustShow(this.#known.consent[scope], cause, told.at) && mustShow(this.#sharedBy(scope), cause, told.at);

    const fields: [string, Scope, string | null, boolean][] = [
      ['name', 'PROFILE', told.displayName, told.displayName === this.#fan.name],
      ['team', 'PROFILE_PREFERENCES', told.team, told.team === this.#fan.team],
      ['zone', 'PRESENCE_ZONE', told.zone, causes.some((cause) => this.#mayBeIn(told, cause))],
    ];
    for (const [field, scope, value, isRight] of fields) {
      if (value !== null && !some(may, scope)) this.#leak(`${name}, with the ${field}`);
      if (value !== null && !isRight) this.#leak(`${name}, with a wrong ${field}`);
      const known = { name: true, team: this.#fan.team !== null, zone: this.#isPlaced(causes, told.at) }[field];
      if (value === null && known && causes.length === 1 && some(must, scope)) this.#miss(`${name}: the ${field}`);
    }
  }

  /** What it may be about: the fan is announced an offer once, but it may have been announced again. */
  #causesOf({ activity, campaignId }: Activity): Cause[] {
    const own = this.#own.filter((announcement) => announcement.campaignId === campaignId);
    if (activity === 'ANNOUNCED') {
      const possible = own.filter((announcement) => inAudience(this.#known, announcement, touches));
      return possible.map((announcement) => ({ ...span(announcement), announcement }));
    }
    const engagement = { VIEWED: 'VIEW', CLICKED: 'CLICK' }[activity ?? ''];
    return own.slice(0, 1).flatMap((announcement) => {
      const first = this.#firstTime(announcement.offerId, engagement);
      return first ? [{ ...first, announcement }] : [];
    });
  }

  /** Only the first of a kind that was recorded is told. */
  #firstTime(offerId: string, engagement: string | undefined): Span | null {
    const act = this.#fan.acts.find(
      (one) => one.kind === 'ENGAGE' && one.recorded && one.offerId === offerId && one.engagement === engagement,
    );
    return act ? span(act) : null;
  }

  /** What certainly is due of an announcement, and of what the fan did with it. */
  #expect(announcement: Announcement, told: readonly Activity[]): void {
    const { campaignId, offerId } = announcement;
    const came = (activity: string) =>
      told.some((other) => other.activity === activity && other.campaignId === campaignId);
    const earlier = this.#own.slice(0, this.#own.indexOf(announcement)).filter((other) => other.offerId === offerId);
    const isFirst = !earlier.some((other) => inAudience(this.#known, other, touches));
    if (isFirst && inAudience(this.#known, announcement, covers) && this.#isDue(announcement, 'OFFERS_LIVE')) {
      if (!came('ANNOUNCED')) this.#miss(`ANNOUNCED of ${campaignId} never came`);
    }
    if (earlier.length > 0) return;
    for (const [engagement, activity] of [
      ['VIEW', 'VIEWED'],
      ['CLICK', 'CLICKED'],
    ] as const) {
      const first = this.#firstTime(offerId, engagement);
      if (first && this.#isDue(first, 'HISTORY_ENGAGEMENT') && !came(activity)) {
        this.#miss(`${activity} of ${campaignId} never came`);
      }
    }
  }

  #isDue(cause: Span, kept: Scope): boolean {
    const { consent, deliveredMs } = this.#known;
    const due = dueAt(this.#partner.sessions, cause, deliveredMs);
    if (due === null) return false;
    return [consent.PRESENCE_VENUE, this.#sharedBy('PRESENCE_VENUE'), consent[kept]].every((periods) =>
      mustShow(periods, cause, due + deliveredMs),
    );
  }

  #sharedBy(scope: Scope): Period<Scope>[] {
    const known = this.#shared.get(scope) ?? consentPeriods(this.#fan, scope, this.#partner.code);
    this.#shared.set(scope, known);
    return known;
  }

  #mayBeIn({ zone, at }: Activity, cause: Cause): boolean {
    return possibleZones(this.#known, { ...cause.announcement, ...span(cause), zones: [] }, at).has(zone ?? '');
  }

  #isPlaced([cause]: readonly Cause[], at: number): boolean {
    if (!cause) return false;
    return this.#known.zones.some((period) => covers(period, { sent: cause.sent, returned: at }));
  }

  #leak(what: string): void {
    this.#verdict.leaks.push(`${this.#partner.code} was told of ${this.#fan.name}: ${what}`);
  }

  #miss(what: string): void {
    this.#verdict.missing.push(`${this.#partner.code} of ${this.#fan.name}: ${what}`);
  }
}

const keptUnder = (activity: string | null): Scope => (activity === 'ANNOUNCED' ? 'OFFERS_LIVE' : 'HISTORY_ENGAGEMENT');
const span = ({ sent, returned }: Span): Span => ({ sent, returned });
