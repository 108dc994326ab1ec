/** What is known of one fan from their acts alone: when each consent was in force, when they were there, and where. */
import { consentPeriods, covers, type Period, presencePeriods, touches, zonePeriods } from './certainty.ts';
import type { Announcement, FanRecord, Scope, Session, Span } from './journal.ts';

/** A frame on its way when the withdrawal returned may still arrive within this. */
const IN_FLIGHT_MS = 1_000;
/** An event that is due longer than this before a withdrawal must have been delivered before it. */
export const DELIVERED_MS = 5_000;

const SCOPES: readonly Scope[] = [
  'PRESENCE_VENUE',
  'PRESENCE_ZONE',
  'OFFERS_LIVE',
  'PERSONALIZATION',
  'PROFILE_PREFERENCES',
  'PROFILE',
  'HISTORY_ENGAGEMENT',
];

export type Knowledge = ReturnType<typeof knowledgeOf>;

export function knowledgeOf(fan: FanRecord, deliveredMs: number) {
  const consent = Object.fromEntries(SCOPES.map((scope) => [scope, consentPeriods(fan, scope)]));
  return {
    fan,
    deliveredMs,
    consent: consent as Record<Scope, Period<Scope>[]>,
    presence: presencePeriods(fan),
    zones: zonePeriods(fan),
  };
}

/** Whether it may be shown: some unbroken consent may cover the announcement, and has not ended a second ago. */
export const mayShow = (periods: readonly Period<unknown>[], announced: Span, at: number): boolean =>
  periods.some((period) => touches(period, announced) && (!period.until || period.until.returned + IN_FLIGHT_MS >= at));

/** Whether it must be shown: one consent certainly covers everything from the announcement to the receipt. */
export const mustShow = (periods: readonly Period<unknown>[], announced: Span, at: number): boolean =>
  periods.some((period) => covers(period, { sent: announced.sent, returned: at }));

export const inZones = (known: Knowledge, announcement: Announcement, fits: typeof covers): boolean =>
  known.zones.some((period) => announcement.zones.includes(period.value) && fits(period, announcement)) &&
  known.consent.PRESENCE_ZONE.some((period) => fits(period, announcement));

/** Where the offer may be said to be: where it was announced, or where the fan may be between then and the receipt. */
export function possibleZones({ zones }: Knowledge, announcement: Announcement, at: number): Set<string> {
  const meanwhile = { sent: announcement.sent, returned: at };
  const there = zones.filter((period) => touches(period, meanwhile)).map(({ value }) => value);
  return new Set([...announcement.zones, ...there]);
}

export function inAudience(known: Knowledge, announcement: Announcement, fits: typeof covers): boolean {
  const { consent, presence, fan } = known;
  const holds = (periods: readonly Period<unknown>[]) => periods.some((period) => fits(period, announcement));
  if (!holds(consent.PRESENCE_VENUE) || !holds(consent.OFFERS_LIVE) || !holds(presence)) return false;
  if (announcement.zones.length > 0 && !inZones(known, announcement, fits)) return false;
  if (announcement.teams.length === 0) return true;
  const chosen = holds(consent.PERSONALIZATION) && holds(consent.PROFILE_PREFERENCES);
  return chosen && announcement.teams.includes(fan.team ?? '');
}

/** When a stream was there to receive it: the one that was open, or the one that resumed. Null: none ever was. */
export function dueAt(sessions: readonly Session[], { sent, returned }: Span, deliveredMs: number): number | null {
  const [first] = sessions;
  if (!first || first.opened > sent) return null;
  const serving = sessions.find(({ opened, closed }) => closed > Math.max(opened, returned) + deliveredMs);
  return serving ? Math.max(serving.opened, returned) : null;
}
