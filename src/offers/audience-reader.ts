/** Whom events concern, and where those are: what the live feed of offers reads of many fans at once. */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { arrayOf } from '../db/sql.ts';
import type { Captures, LiveEvent } from '../live/index.ts';

/**
 * By event, in their order: the lineages of consent in force when each fan was captured, by scope bit. An announcement
 * concerns those whom it told first; the end of an offer, all who were told of it.
 */
export async function findAudiences(
  orm: MikroORM,
  events: readonly LiveEvent[],
  fanIds: readonly string[],
): Promise<readonly Captures[]> {
  const payloads = events.map(({ payload }) => payload);
  const rows = await orm.em.fork().execute<{ place: string; fans: string }[]>(sql`
    select e.place, string_agg(d.fan_id || ':' || array_to_string(d.lineages, ','), ';') as fans
    from unnest(${arrayOf(payloads.map(({ offerId }) => offerId ?? '0'))}::bigint[],
      ${arrayOf(payloads.map(({ announcementId }) => announcementId ?? '0'))}::bigint[])
      with ordinality as e (offer_id, announcement_id, place)
    join delivery d on d.offer_id = e.offer_id
      and d.announcement_id = coalesce(nullif(e.announcement_id, 0), d.announcement_id)
    where d.fan_id = any (${arrayOf(fanIds)}::bigint[])
    group by e.place`);
  const found = new Map(rows.map(({ place, fans }) => [Number(place), pairs(fans)]));
  return events.map((_, place) => found.get(place + 1) ?? NOBODY);
}

/** Where at a game these fans are, by fan; who is not there is left out. */
export async function findPresence(
  orm: MikroORM,
  gameId: string,
  fanIds: readonly string[],
): Promise<ReadonlyMap<string, { readonly zone_id: string | null }>> {
  const [row] = await orm.em.fork().execute<{ fans: string | null }[]>(sql`
    select string_agg(fan_id || ':' || coalesce(zone_id::text, ''), ';') as fans from presence
    where game_id = ${gameId} and fan_id = any (${arrayOf(fanIds)}::bigint[])`);
  const zones = new Map<string, { readonly zone_id: string | null }>();
  for (const [fanId, zoneId] of pairs(row!.fans ?? '')) zones.set(fanId, { zone_id: zoneId || null });
  return zones;
}

const NOBODY: Captures = new Map();

/** `key:value;key:value` */
function pairs(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const colon = text.indexOf(':', at);
    const end = text.indexOf(';', colon);
    found.set(text.slice(at, colon), text.slice(colon + 1, end < 0 ? undefined : end));
    at = end < 0 ? text.length : end + 1;
  }
  return found;
}
