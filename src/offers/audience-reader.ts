/** Whom events concern, and where those are: what the live feed of offers reads of many fans at once. */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { CONSENT_SCOPES } from '../consent/index.ts';
import { arrayOf } from '../db/sql.ts';
import type { Audience, Captured, LiveEvent } from '../live/index.ts';

/** Of PRESENCE_ZONE among the lineages of a delivery, which SQL counts from one. */
const PRESENCE_PLACE = CONSENT_SCOPES.indexOf('PRESENCE_ZONE') + 1;

/**
 * By event, in their order. An announcement concerns those whom it told first; the end of an offer, all who were told of
 * it. Where they are now is read only of those who consented to that when they were told, and not at all without `gameId`.
 */
export async function findAudiences(
  orm: MikroORM,
  events: readonly LiveEvent[],
  fanIds: readonly string[],
  gameId: string | null,
): Promise<readonly Audience[]> {
  const payloads = events.map(({ payload }) => payload);
  const rows = await orm.em.fork().execute<{ place: string; fans: string }[]>(sql`
    select e.place, string_agg(d.fan_id || ':' || array_to_string(d.lineages, ',') || ':'
      || case when p.fan_id is null then ${NOWHERE} else coalesce(p.zone_id::text, '') end, ';') as fans
    from unnest(${arrayOf(payloads.map(({ offerId }) => offerId ?? '0'))}::bigint[],
      ${arrayOf(payloads.map(({ announcementId }) => announcementId ?? '0'))}::bigint[])
      with ordinality as e (offer_id, announcement_id, place)
    join delivery d on d.offer_id = e.offer_id
      and d.announcement_id = coalesce(nullif(e.announcement_id, 0), d.announcement_id)
    left join presence p on p.game_id = ${gameId}::bigint and p.fan_id = d.fan_id
      and d.lineages[${PRESENCE_PLACE}::int] <> 0
    where d.fan_id = any (${arrayOf(fanIds)}::bigint[])
    group by e.place`);
  const found = new Map(rows.map(({ place, fans }) => [Number(place), read(fans)]));
  return events.map((_, place) => found.get(place + 1) ?? NOBODY);
}

const NOBODY: Audience = new Map();
const NOWHERE = '-';

/** `fan:lineage,lineage:zone;…` */
function read(text: string): Map<string, Captured> {
  const found = new Map<string, Captured>();
  for (let at = 0; at < text.length; ) {
    const first = text.indexOf(':', at);
    const second = text.indexOf(':', first + 1);
    const end = text.indexOf(';', second);
    const zone = text.slice(second + 1, end < 0 ? undefined : end);
    const presence = zone === NOWHERE ? null : { zone_id: zone || null };
    found.set(text.slice(at, first), { lineages: text.slice(first + 1, second), presence });
    at = end < 0 ? text.length : end + 1;
  }
  return found;
}
