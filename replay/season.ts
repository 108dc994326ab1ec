/**
 * A season as it was imported, and the same season before it was played: venues, teams and games, the games scheduled,
 * in a database in which nothing else has happened. The facts are read and never touched.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { InputError } from '../src/errors.ts';

export interface Venue {
  readonly code: string;
  readonly name: string;
  readonly city: string;
  readonly state: string | null;
  readonly timeZone: string;
}

export interface SeasonGame {
  readonly venue: string;
  readonly home: string;
  readonly away: string;
  /** Milliseconds, as all instants here. */
  readonly startsAt: number;
  /** Of several on one day. */
  readonly number: number;
}

export interface Season {
  readonly year: number;
  readonly venues: readonly Venue[];
  readonly teams: readonly { readonly code: string; readonly name: string }[];
  readonly games: readonly SeasonGame[];
}

/** @throws InputError where no game of that year was imported. */
export async function readSeason(em: SqlEntityManager, year: number): Promise<Season> {
  const rows = await em.execute<(Omit<SeasonGame, 'startsAt'> & { starts_at: Date })[]>(sql`
    select v.code as venue, h.code as home, a.code as away, g.starts_at, g.game_number as number
    from game g join venue v on v.id = g.venue_id join team h on h.id = g.home_team_id join team a on a.id = g.away_team_id
    where g.source_key is not null and extract(year from g.starts_at at time zone v.time_zone) = ${year}
    order by g.starts_at, g.game_number, g.id`);
  if (rows.length === 0) {
    throw new InputError(
      `No game of ${year} was imported. Import the season first: npm run import -- retrosheet GL${year}.TXT --parks parkcode.txt`,
    );
  }
  const games = rows.map(({ starts_at, ...game }) => ({ ...game, startsAt: new Date(starts_at).getTime() }));
  const codes = new Set(games.map(({ venue }) => venue));
  const venues = await em.execute<Venue[]>(
    sql`select code, name, city, state, time_zone as "timeZone" from venue order by id`,
  );
  const playing = new Set(games.flatMap(({ home, away }) => [home, away]));
  const teams = await em.execute<{ code: string; name: string }[]>(sql`select code, name from team order by id`);
  return {
    year,
    games,
    venues: venues.filter(({ code }) => codes.has(code)),
    teams: teams.filter(({ code }) => playing.has(code)),
  };
}

/** Each venue's zones. The first is where one comes in. */
export const ZONES = ['gate', 'concourse', 'infield', 'outfield'] as const;

/** Whose staff is at the till of a venue, and which device stands at its gate. */
export const tillOf = (venue: string) => `till-${venue}`;
export const gateOf = (venue: string) => `gate-${venue}`;

/** Keys as the database has them, in the season's own order. */
export interface Laid {
  readonly games: readonly string[];
  readonly venues: ReadonlyMap<string, string>;
  readonly teams: ReadonlyMap<string, string>;
  /** Zones of a venue, by the venue's code, in the order of ZONES. */
  readonly zones: ReadonlyMap<string, readonly string[]>;
}

/** Into an empty database: the season as it stood before its first game, with staff and a gate at each venue. */
export async function layOutSeason(em: SqlEntityManager, { venues, teams, games }: Season): Promise<Laid> {
  const json = (rows: readonly unknown[]) => JSON.stringify(rows);
  await em.execute(sql`
    insert into venue (code, name, city, state, time_zone)
    select code, name, city, state, "timeZone" from jsonb_to_recordset(${json(venues)}::jsonb)
      as v (code text, name text, city text, state text, "timeZone" text)`);
  await em.execute(sql`
    insert into team (code, name)
    select code, name from jsonb_to_recordset(${json(teams)}::jsonb) as t (code text, name text)`);
  await em.execute(sql`
    insert into zone (venue_id, code, name, kind)
    select v.id, z.code, initcap(z.code), case z.code when 'gate' then 'GATE' when 'concourse' then 'CONCOURSE' else 'SEATING' end
    from venue v, unnest(${`{${ZONES.join(',')}}`}::text[]) with ordinality z (code, place) order by v.id, z.place`);
  await em.execute(sql`insert into staff (subject, venue_id) select 'till-' || code, id from venue`);
  await em.execute(sql`insert into sensor (code, venue_id) select 'gate-' || code, id from venue`);
  const placed = games.map(({ startsAt, ...game }, place) => ({
    ...game,
    place,
    at: new Date(startsAt).toISOString(),
  }));
  const keys = await em.execute<{ id: string }[]>(sql`
    insert into game (venue_id, home_team_id, away_team_id, starts_at, game_number)
    select v.id, h.id, a.id, g.at, g.number
    from jsonb_to_recordset(${json(placed)}::jsonb)
      as g (place int, venue text, home text, away text, at timestamptz, number int)
    join venue v on v.code = g.venue join team h on h.code = g.home join team a on a.code = g.away
    order by g.place returning id`);
  const byCode = async (table: 'venue' | 'team') => {
    const rows = await em.execute<{ code: string; id: string }[]>(`select code, id from ${table}`);
    return new Map(rows.map(({ code, id }) => [code, id]));
  };
  const zones = await em.execute<{ code: string; ids: string[] }[]>(sql`
    select v.code, array_agg(z.id::text order by z.id) as ids from venue v join zone z on z.venue_id = v.id group by v.code`);
  return {
    games: keys.map(({ id }) => id),
    venues: await byCode('venue'),
    teams: await byCode('team'),
    zones: new Map(zones.map(({ code, ids }) => [code, ids])),
  };
}
