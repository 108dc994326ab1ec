/**
 * Who the fans are: which team they cheer for, which games they come to, what they consent to and how. Most come once; a
 * few come to thirty games; those who come often come to several of a homestand. Many come to a team's first game.
 */
import type { Random } from '../gameday/random.ts';
import type { Duration, Scope } from './journal.ts';
import type { Season } from './season.ts';

export interface Temper {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly duration: Duration;
  readonly share: number;
}

const THERE = ['PRESENCE_VENUE', 'OFFERS_LIVE'] as const;
const KEPT = ['HISTORY_ATTENDANCE', 'HISTORY_PURCHASE', 'HISTORY_ENGAGEMENT'] as const;
const ALL = [...THERE, 'PRESENCE_ZONE', ...KEPT, 'PERSONALIZATION', 'ANALYTICS'] as const;

export const TEMPERS: readonly Temper[] = [
  { name: 'consents to nothing', scopes: [], duration: 'STANDING', share: 0.08 },
  { name: 'only says to be here', scopes: ['PRESENCE_VENUE'], duration: 'STANDING', share: 0.07 },
  { name: 'collects points', scopes: ['HISTORY_ATTENDANCE', 'HISTORY_PURCHASE'], duration: 'STANDING', share: 0.12 },
  { name: 'wants offers, game by game', scopes: THERE, duration: 'GAME', share: 0.13 },
  { name: 'wants everything, game by game', scopes: ALL, duration: 'GAME', share: 0.08 },
  { name: 'wants offers and keeps what was', scopes: [...THERE, ...KEPT], duration: 'STANDING', share: 0.2 },
  { name: 'consents to everything', scopes: ALL, duration: 'STANDING', share: 0.22 },
  { name: 'consents for some weeks', scopes: ALL, duration: 'UNTIL', share: 0.1 },
];

/** What those who share anything with a partner share. */
export const SHARED: readonly (readonly Scope[])[] = [
  ['PRESENCE_VENUE'],
  ['PRESENCE_VENUE', 'PROFILE'],
  ['PRESENCE_VENUE', 'PROFILE', 'PROFILE_PREFERENCES', 'LOYALTY'],
  ['PROFILE'],
];

export interface Guest {
  readonly place: number;
  readonly subject: string;
  readonly temper: Temper;
  /** A team's code; null: they do not say. */
  readonly team: string | null;
  /** To which partners they show something, by place in the list, and what. */
  readonly shares: readonly { readonly partner: number; readonly scopes: readonly Scope[] }[];
  /** By place in the season, in its order. */
  readonly games: readonly number[];
}

/** How many games, and which share of fans comes to so many. */
const TIMES: readonly (readonly [share: number, from: number, to: number])[] = [
  [0.6, 1, 1],
  [0.2, 2, 3],
  [0.12, 4, 6],
  [0.06, 7, 12],
  [0.02, 20, 35],
];
const OPENING = 0.15;
const SAYS_TEAM = 0.7;
const SHARING = 0.25;

export function gatherCrowd(season: Season, count: number, partners: number, random: Random): Guest[] {
  const teams = season.teams.map(({ code }) => code);
  const home = gamesBy(season, ({ home }) => home);
  const away = gamesBy(season, ({ away }) => away);
  return Array.from({ length: count }, (_, place) => {
    const team = random.pick(teams);
    const games = chooseGames(home.get(team) ?? [], away.get(team) ?? [], random);
    const sharing = random.chance(SHARING) ? (random.chance(0.2) ? 3 : 1) : 0;
    const first = Math.floor(random.next() * partners);
    return {
      place,
      subject: `replay-${place}`,
      temper: byShare(TEMPERS, random),
      team: random.chance(SAYS_TEAM) ? team : null,
      shares: Array.from({ length: Math.min(sharing, partners) }, (_, step) => ({
        partner: (first + step) % partners,
        scopes: random.pick(SHARED),
      })),
      games,
    };
  });
}

function chooseGames(home: readonly number[], away: readonly number[], random: Random): number[] {
  const [, from, to] = TIMES[placeByShare(TIMES, ([share]) => share, random)]!;
  const wanted = from + Math.floor(random.next() * (to - from + 1));
  const chosen = new Set<number>();
  if (home.length > 0 && random.chance(OPENING)) chosen.add(home[0]!);
  for (let tries = 0; chosen.size < wanted && tries < wanted * 8; tries += 1) {
    const games = away.length > 0 && (home.length === 0 || random.chance(0.1)) ? away : home;
    if (games.length === 0) break;
    const start = Math.floor(random.next() * games.length);
    const inRow = random.chance(0.5) ? 3 : 1;
    for (const game of games.slice(start, start + inRow)) if (chosen.size < wanted) chosen.add(game);
  }
  return [...chosen].sort((a, b) => a - b);
}

function gamesBy({ games }: Season, teamOf: (game: Season['games'][number]) => string): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [place, game] of games.entries()) {
    const team = teamOf(game);
    const others = found.get(team);
    if (others) others.push(place);
    else found.set(team, [place]);
  }
  return found;
}

const byShare = <T extends { readonly share: number }>(items: readonly T[], random: Random): T =>
  items[placeByShare(items, ({ share }) => share, random)]!;

function placeByShare<T>(items: readonly T[], shareOf: (item: T) => number, random: Random): number {
  let left = random.next();
  const place = items.findIndex((item) => {
    left -= shareOf(item);
    return left < 0;
  });
  return place === -1 ? items.length - 1 : place;
}
