/**
 * Facts into the database, a batch a transaction: a command that is killed leaves whole batches, and run again it
 * completes them. Keys are the source's own, so nothing is ever there twice.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { GameFacts, ParkFacts } from './retrosheet-rows.ts';
import { teamName } from './team-names.ts';

/** Parks are renamed over time: what is known of a code is brought up to date, what was measured stays. */
export async function storeParks(em: SqlEntityManager, parks: readonly ParkFacts[]): Promise<void> {
  await em.execute(sql`
    insert into venue (code, name, also_known_as, city, state, time_zone)
    select code, name, "alsoKnownAs", city, state, "timeZone"
    from jsonb_to_recordset(${JSON.stringify(parks)}::jsonb)
      as p (code text, name text, "alsoKnownAs" text, city text, state text, "timeZone" text)
    on conflict (code) do update set name = excluded.name, also_known_as = excluded.also_known_as,
      city = excluded.city, state = excluded.state, time_zone = excluded.time_zone`);
}

/** The keys of the games stored, and of those refused because their park is not known. */
export async function storeGames(em: SqlEntityManager, games: readonly GameFacts[]): Promise<Set<string>> {
  const codes = [...new Set(games.flatMap(({ home, away }) => [home, away]))];
  const teams = codes.map((code) => ({ code, name: teamName(code) }));
  const stored = await em.transactional(async (tx) => {
    await tx.execute(sql`
      insert into team (code, name)
      select code, name from jsonb_to_recordset(${JSON.stringify(teams)}::jsonb) as t (code text, name text)
      on conflict (code) do update set name = excluded.name`);
    return tx.execute<{ source_key: string }[]>(sql`
      insert into game (source_key, venue_id, home_team_id, away_team_id, starts_at, start_precision, status,
        game_number, attendance, home_score, away_score, forfeit, completion)
      select g.key, v.id, h.id, a.id, g."startsAt" at time zone v.time_zone, 'DATE', 'FINAL',
        g."gameNumber", g.attendance, g."homeScore", g."awayScore", g.forfeit, g.completion
      from jsonb_to_recordset(${JSON.stringify(games)}::jsonb) as g (key text, venue text, home text, away text,
        "startsAt" timestamp, "gameNumber" int, attendance int, "homeScore" int, "awayScore" int, forfeit text,
        completion text)
      join venue v on v.code = g.venue join team h on h.code = g.home join team a on a.code = g.away
      on conflict (source_key) do update set venue_id = excluded.venue_id, home_team_id = excluded.home_team_id,
        away_team_id = excluded.away_team_id, starts_at = excluded.starts_at, game_number = excluded.game_number,
        attendance = excluded.attendance, home_score = excluded.home_score, away_score = excluded.away_score,
        forfeit = excluded.forfeit, completion = excluded.completion
      returning source_key`);
  });
  return new Set(stored.map((row) => row.source_key));
}
