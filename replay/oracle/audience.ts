/** Whom an announcement has to reach, and whom it must not. */
import type { Scope } from '../journal.ts';
import type { Campaign } from './books.ts';
import { type FanBook, isKnown, waysOf } from './fan-book.ts';
import { localTime } from './local-time.ts';
import { isOver, type World } from './world.ts';

const DAY_MS = 86_400_000;

/** The operator's limits of contact. */
export interface Contact {
  readonly perGame: number;
  readonly quietMinutes: number;
}

/** MAYBE where it depends on something that nobody outside can know. */
export type Verdict = 'YES' | 'NO' | 'MAYBE';

/** Whether a campaign may be announced at a game. */
export function isOpen(
  { plan, launched, paused, ended }: Campaign,
  gameKey: string,
  world: World,
  at: number,
): boolean {
  const { status, venue } = world.game(gameKey);
  if (!launched || paused || ended || at < plan.from || at >= plan.until || isOver(status)) return false;
  if (plan.gameStatuses.length > 0 && !plan.gameStatuses.includes(status as 'LIVE')) return false;
  if (!plan.hours) return true;
  const { weekday, hour } = localTime(at, world.timeZone(venue));
  // None lasts beyond midnight.
  return plan.hours.days.includes(weekday) && hour >= plan.hours.from && hour < plan.hours.from + plan.hours.lasts;
}

export function verdictOn(
  fan: FanBook,
  campaign: Campaign,
  game: string,
  { world, contact, partnerOf }: { world: World; contact: Contact; partnerOf: (offer: string) => string },
  at: number,
): Verdict {
  const { plan, offer } = campaign;
  if (fan.here !== game) return 'NO';
  const holds = (...scopes: Scope[]) => scopes.every((scope) => fan.holds(scope, game, at));
  if (!holds('PRESENCE_VENUE', 'OFFERS_LIVE')) return 'NO';
  const forgotten = plan.targets ? fan.forgotten.get(offer) : undefined;
  if (plan.targets && (forgotten || !plan.targets.includes(fan.fan))) return 'NO';
  if (plan.zone !== null) {
    const zone = world.grounds.zones.get(world.game(game).venue)![plan.zone];
    if (!holds('PRESENCE_ZONE') || fan.zone !== zone) return 'NO';
  }
  if (plan.teams.length > 0) {
    if (!holds('PROFILE_PREFERENCES', 'PERSONALIZATION') || !plan.teams.includes(fan.team ?? '')) return 'NO';
  }
  if (plan.tiers.length > 0) {
    if (!holds('LOYALTY', 'PERSONALIZATION') || !plan.tiers.includes(fan.points.tier(at) ?? '')) return 'NO';
  }
  if (plan.visits) {
    const since = at - plan.visits.withinDays * DAY_MS;
    const visits = [...fan.visits.values()].filter(({ arrivedAt }) => arrivedAt > since && arrivedAt <= at);
    if (!holds('HISTORY_ATTENDANCE', 'PERSONALIZATION') || visits.length < plan.visits.atLeast) return 'NO';
  }
  if (plan.streak !== null) {
    if (!holds('HISTORY_ATTENDANCE', 'PERSONALIZATION') || streakOf(fan, game, world) < plan.streak) return 'NO';
  }
  if (plan.engagements) {
    const { kind, atLeast, withinDays } = plan.engagements;
    const since = at - withinDays * DAY_MS;
    const counting = [...fan.engaged.values()].filter(
      (each) => each.kind === kind && each.at > since && partnerOf(each.offer) === plan.partner,
    );
    if (!holds('HISTORY_ENGAGEMENT', 'PERSONALIZATION') || counting.length < atLeast) return 'NO';
  }
  const quietSince = at - contact.quietMinutes * 60_000;
  if ([...fan.engaged.values()].some((each) => each.kind === 'DISMISS' && each.at > quietSince)) return 'NO';
  const told = [...fan.told.values()].filter((each) => waysOf(each).some((way) => way.game === game));
  if (told.filter(isKnown).length >= contact.perGame) return 'NO';
  const before = fan.told.get(offer);
  if (before?.certain) return 'NO';
  const unknown = before !== undefined || forgotten !== undefined || plan.holdout > 0;
  return unknown || told.length >= contact.perGame ? 'MAYBE' : 'YES';
}

/** How many games in a row up to this one somebody saw the fan at, of those that were played there; this one counts anyway. */
export function streakOf(fan: FanBook, gameKey: string, world: World): number {
  const { venue, startsAt, place } = world.game(gameKey);
  const played = world.ofVenue
    .get(venue)!
    .filter(({ status, key }) => status === 'LIVE' || status === 'FINAL' || key === gameKey)
    .filter((game) => game.startsAt < startsAt || (game.startsAt === startsAt && game.place <= place));
  let streak = 0;
  for (const { key } of played.reverse()) {
    if (!fan.visits.get(key)?.provenAt) break;
    streak += 1;
  }
  return streak;
}
