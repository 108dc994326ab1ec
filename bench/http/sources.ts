/** Where the peers' resolvers get their rows: from memory, at once; or from PostgreSQL, by keys gathered in a tick. */
import DataLoader from 'dataloader';
import { Pool } from 'pg';
import { type Game, SEASON, TEAMS, type Team, VENUES, type Venue } from './schedule.ts';

type Maybe<T> = T | Promise<T>;

/** Made anew for each request. */
export interface Source {
  /** In the order of their beginnings; one more than asked for, where there is one. */
  games(first: number): Maybe<readonly Game[]>;
  countGames(): Maybe<number>;
  team(key: string): Maybe<Team>;
  venue(key: string): Maybe<Venue>;
}

export type SourceName = 'memory' | 'postgres';

export const openSource = (name: SourceName): (() => Source) => (name === 'memory' ? inMemory() : inPostgres());

function inMemory(): () => Source {
  const teams = new Map(TEAMS.map((team) => [team.id, team]));
  const venues = new Map(VENUES.map((venue) => [venue.id, venue]));
  const source: Source = {
    games: (first) => SEASON.slice(0, first + 1),
    countGames: () => SEASON.length,
    team: (key) => teams.get(key)!,
    venue: (key) => venues.get(key)!,
  };
  return () => source;
}

/** As many connections as our own server has. */
const CONNECTIONS = 16;

function inPostgres(): () => Source {
  const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: CONNECTIONS });
  const byKey = <Row extends { id: string }>(text: string) =>
    new DataLoader(async (keys: readonly string[]) => {
      const { rows } = await pool.query<Row>(text, [keys]);
      const found = new Map(rows.map((row) => [row.id, row]));
      return keys.map((key) => found.get(key)!);
    });
  return () => {
    const teams = byKey<Team>('select id, code, name from team where id = any ($1::bigint[])');
    const venues = byKey<Venue>('select id, code, name, city from venue where id = any ($1::bigint[])');
    return {
      games: async (first) => {
        const { rows } = await pool.query(
          `select id, starts_at, status, game_number, attendance, venue_id, home_team_id, away_team_id
           from game order by starts_at, id limit $1`,
          [first + 1],
        );
        return rows.map((row) => ({
          id: row.id,
          startsAt: row.starts_at.toISOString(),
          status: row.status,
          gameNumber: row.game_number,
          attendance: row.attendance,
          venueId: row.venue_id,
          homeTeamId: row.home_team_id,
          awayTeamId: row.away_team_id,
        }));
      },
      countGames: async () => (await pool.query('select count(*)::int as count from game')).rows[0].count,
      team: (key) => teams.load(key),
      venue: (key) => venues.load(key),
    };
  };
}
