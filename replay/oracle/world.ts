/** What everybody can know of the season: games as they go, and notices as they are published. */
import type { GameStatus, RefundPolicy } from '../journal.ts';

/** Half an hour to get home. */
export const GRACE_MS = 30 * 60_000;
/** No consent for one game outlives its scheduled start by more. */
export const CAP_MS = 12 * 3_600_000;
const GATES_MS = 6 * 3_600_000;

export interface Game {
  readonly key: string;
  readonly venue: string;
  readonly startsAt: number;
  /** Of all games, in the order in which they are to be played. */
  readonly place: number;
  status: GameStatus;
  endedAt: number | null;
}

export interface Notice {
  readonly version: string;
  readonly effectiveAt: number;
  readonly material: boolean;
}

export interface Grounds {
  readonly games: readonly Omit<Game, 'status' | 'endedAt' | 'place'>[];
  /** IANA, by venue. */
  readonly timeZones: ReadonlyMap<string, string>;
  /** The zones of a venue, in their order. */
  readonly zones: ReadonlyMap<string, readonly string[]>;
}

export class World {
  readonly games = new Map<string, Game>();
  readonly ofVenue = new Map<string, Game[]>();
  readonly notices: Notice[] = [];
  readonly grounds: Grounds;
  refunds: RefundPolicy = 'WITHIN_BALANCE';

  constructor(grounds: Grounds) {
    this.grounds = grounds;
    for (const [place, each] of grounds.games.entries()) {
      const game: Game = { ...each, place, status: 'SCHEDULED', endedAt: null };
      this.games.set(game.key, game);
      const there = this.ofVenue.get(game.venue);
      if (there) there.push(game);
      else this.ofVenue.set(game.venue, [game]);
    }
  }

  game(key: string): Game {
    const game = this.games.get(key);
    if (!game) throw new Error(`Nobody knows a game ${key}.`);
    return game;
  }

  timeZone(venue: string): string {
    return this.grounds.timeZones.get(venue)!;
  }

  setStatus(key: string, status: GameStatus, at: number): void {
    const game = this.game(key);
    game.status = status;
    game.endedAt = isOver(status) ? (game.endedAt ?? at) : null;
  }

  gatesOpen(key: string, at: number): boolean {
    const { status, startsAt } = this.game(key);
    return status === 'LIVE' || (status === 'SCHEDULED' && at >= startsAt - GATES_MS);
  }

  /** The notice that a grant has to name. */
  current(at: number): Notice | undefined {
    return this.notices.findLast(({ effectiveAt }) => effectiveAt <= at);
  }

  /** From when on a grant given under that notice is worth nothing. */
  outdatedAt(version: string): number {
    const given = this.notices.findIndex((notice) => notice.version === version);
    const later = this.notices.slice(given + 1).filter(({ material }) => material);
    return Math.min(...later.map(({ effectiveAt }) => effectiveAt), Number.POSITIVE_INFINITY);
  }

  /** The game that goes on at a venue; of several the one that is played, and of those the latest. */
  gameAt(venue: string, at: number): string | null {
    const on = (this.ofVenue.get(venue) ?? []).filter(
      ({ status, startsAt, endedAt }) =>
        status !== 'POSTPONED' &&
        status !== 'CANCELED' &&
        startsAt <= at + GATES_MS &&
        (status === 'LIVE' || (endedAt === null ? startsAt + CAP_MS : endedAt + GRACE_MS) > at),
    );
    const [first] = on.sort(
      (a, b) => Number(b.status === 'LIVE') - Number(a.status === 'LIVE') || b.startsAt - a.startsAt,
    );
    return first?.key ?? null;
  }
}

export const isOver = (status: GameStatus): boolean => status !== 'LIVE' && status !== 'SCHEDULED';
