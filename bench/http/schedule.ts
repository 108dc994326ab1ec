/** A season of games, the same for everybody: as rows in memory, and in PostgreSQL. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';

export interface Team {
  readonly id: string;
  readonly code: string;
  readonly name: string;
}

export interface Venue extends Team {
  readonly city: string;
}

export interface Game {
  readonly id: string;
  readonly startsAt: string;
  readonly status: string;
  readonly gameNumber: number;
  readonly attendance: number | null;
  readonly venueId: string;
  readonly homeTeamId: string;
  readonly awayTeamId: string;
}

const GAMES = 200;
const NAMES = ['Anchors', 'Bridges', 'Copper', 'Dunes', 'Elms', 'Ferries', 'Gulls', 'Harbors'] as const;
const FIRST_DAY = Date.UTC(2026, 3, 1, 17, 5);
const DAY_MS = 86_400_000;

export const TEAMS: readonly Team[] = NAMES.map((name, place) => ({
  id: String(place + 1),
  code: name.slice(0, 3).toUpperCase(),
  name: `The ${name}`,
}));

export const VENUES: readonly Venue[] = NAMES.map((name, place) => ({
  id: String(place + 1),
  code: `${name.slice(0, 3).toUpperCase()}01`,
  name: `${name} Park`,
  city: `Port ${name}`,
}));

export const SEASON: readonly Game[] = Array.from({ length: GAMES }, (_, place) => ({
  id: String(place + 1),
  startsAt: new Date(FIRST_DAY + place * DAY_MS).toISOString(),
  status: 'SCHEDULED',
  gameNumber: 0,
  attendance: place % 3 === 0 ? null : 20_000 + place,
  venueId: String((place % NAMES.length) + 1),
  homeTeamId: String((place % NAMES.length) + 1),
  awayTeamId: String(((place * 3 + 1) % NAMES.length) + 1),
}));

/** Into an empty database, with the keys that they have in memory. */
export async function sowSeason(em: SqlEntityManager): Promise<void> {
  const rows = (of: unknown) => sql`jsonb_array_elements(${JSON.stringify(of)}::jsonb) r`;
  await em.execute(sql`
    insert into team (id, code, name) overriding system value
    select (r->>'id')::bigint, r->>'code', r->>'name' from ${rows(TEAMS)}`);
  await em.execute(sql`
    insert into venue (id, code, name, city, time_zone) overriding system value
    select (r->>'id')::bigint, r->>'code', r->>'name', r->>'city', 'America/New_York' from ${rows(VENUES)}`);
  await em.execute(sql`
    insert into game (id, venue_id, home_team_id, away_team_id, starts_at, attendance) overriding system value
    select (r->>'id')::bigint, (r->>'venueId')::bigint, (r->>'homeTeamId')::bigint, (r->>'awayTeamId')::bigint,
      (r->>'startsAt')::timestamptz, (r->>'attendance')::int from ${rows(SEASON)}`);
  await em.execute('analyze');
}
