/**
 * When the replay stands still. A day of games has at most three instants: its afternoon games are on; they end while its
 * evening games begin; those end. Everything that happens at an instant happens then, in the order in which it is asked.
 */
import type { Season, SeasonGame } from './season.ts';

export interface Instant {
  readonly at: number;
  /** Games by their place in the season. */
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const EVENING = 17;

export function instantsOf({ games, venues }: Season): Instant[] {
  const zoneOf = new Map(venues.map(({ code, timeZone }) => [code, timeZone]));
  const days = new Map<string, { afternoon: number[]; evening: number[] }>();
  for (const [place, game] of games.entries()) {
    const { day, hour } = localStart(game, zoneOf.get(game.venue)!);
    const on = days.get(day) ?? { afternoon: [], evening: [] };
    days.set(day, on);
    on[hour < EVENING ? 'afternoon' : 'evening'].push(place);
  }
  return [...days.keys()].sort().flatMap((day) => instantsOfDay(games, days.get(day)!));
}

function instantsOfDay(
  games: readonly SeasonGame[],
  { afternoon, evening }: { afternoon: number[]; evening: number[] },
): Instant[] {
  const latest = (places: readonly number[]) => Math.max(...places.map((place) => games[place]!.startsAt));
  const instants: Instant[] = [];
  let since = 0;
  if (afternoon.length > 0) {
    since = latest(afternoon) + 45 * MINUTE;
    instants.push({ at: since, begin: afternoon, end: [] });
  }
  if (evening.length > 0) {
    // The gates have been open for four hours at least; the first games are on, the last not yet.
    const at = Math.max(since + 3 * HOUR + 25 * MINUTE, latest(evening) - 2 * HOUR);
    instants.push({ at, begin: evening, end: afternoon });
    instants.push({ at: Math.max(at, latest(evening)) + 3 * HOUR + 30 * MINUTE, begin: [], end: evening });
  } else if (afternoon.length > 0) {
    instants.push({ at: since + 3 * HOUR + 25 * MINUTE, begin: [], end: afternoon });
  }
  return instants;
}

function localStart({ startsAt }: SeasonGame, timeZone: string): { day: string; hour: number } {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(startsAt);
  const part = (type: string) => parts.find((each) => each.type === type)!.value;
  return { day: `${part('year')}-${part('month')}-${part('day')}`, hour: Number(part('hour')) };
}
