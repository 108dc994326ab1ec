/**
 * A replay: a game that is a fact is cloned to now and played again, and stays what it was. A venue that has no zones
 * yet gets a plain layout, and the subject `gameday` becomes staff there.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { NotFoundError } from '../errors.ts';
import type { ZoneKind } from './venue.entity.ts';

export interface Replay {
  gameId: string;
  /** Of the fact that is replayed. */
  sourceKey: string;
  venue: string;
  home: string | null;
  away: string | null;
}

const PLAIN_LAYOUT: readonly [string, string, ZoneKind][] = [
  ['gate-1', 'Main gate', 'GATE'],
  ['gate-2', 'Outfield gate', 'GATE'],
  ['concourse', 'Concourse', 'CONCOURSE'],
  ['infield', 'Infield seats', 'SEATING'],
  ['outfield', 'Outfield seats', 'SEATING'],
  ['stand-1', 'Food stand, first base', 'CONCESSION'],
  ['stand-2', 'Food stand, third base', 'CONCESSION'],
  ['restroom', 'Restroom', 'RESTROOM'],
  ['shop', 'Shop', 'SHOP'],
  ['first-aid', 'First aid', 'FIRST_AID'],
];

export const REPLAY_STAFF = 'gameday';

/** `key` is the source's key or the game's own; null chooses the fact with the largest crowd. @throws NotFoundError. */
export async function replayGame(em: SqlEntityManager, key: string | null): Promise<Replay> {
  return em.transactional(async (tx) => {
    const [fact] = await tx.execute<{ id: string; source_key: string; venue_id: string }[]>(sql`
      select id, source_key, venue_id from game
      where source_key is not null and (${key}::text is null or source_key = ${key} or id::text = ${key})
      order by attendance desc nulls last, id limit 1`);
    if (!fact) throw new NotFoundError(`The game ${key ?? ''}`.trim());
    await layOut(tx, fact.venue_id);
    await tx.execute(sql`
      insert into staff (subject, venue_id) values (${REPLAY_STAFF}, ${fact.venue_id}) on conflict do nothing`);
    const [replay] = await tx.execute<{ id: string; venue: string; home: string | null; away: string | null }[]>(sql`
      with replay as (
        insert into game (replay_of_id, venue_id, home_team_id, away_team_id, starts_at, status)
        select id, venue_id, home_team_id, away_team_id, app_now(), 'LIVE' from game where id = ${fact.id} returning *
      )
      select r.id, v.name as venue, h.name as home, a.name as away from replay r join venue v on v.id = r.venue_id
        left join team h on h.id = r.home_team_id left join team a on a.id = r.away_team_id`);
    await tx.execute(sql`select open_presence(${replay!.id})`);
    const { id: gameId, venue, home, away } = replay!;
    return { gameId, sourceKey: fact.source_key, venue, home, away };
  });
}

async function layOut(em: SqlEntityManager, venueId: string): Promise<void> {
  const zones = PLAIN_LAYOUT.map(([code, name, kind]) => ({ code, name, kind }));
  await em.execute(sql`
    insert into zone (venue_id, code, name, kind)
    select ${venueId}, code, name, kind from jsonb_to_recordset(${JSON.stringify(zones)}::jsonb)
      as z (code text, name text, kind text)
    where not exists (select 1 from zone where venue_id = ${venueId})`);
}
