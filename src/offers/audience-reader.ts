/** Whom events concern, and where those are: what the live feed of offers reads of many fans at once. */
import { type MikroORM, type RawQueryFragment, sql } from '@mikro-orm/postgresql';
import { arrayOfKeys } from '../db/sql.ts';
import { Audience, type Audiences, type Lineages, type LiveEvent, NOBODY, readWhereabouts } from '../live/index.ts';

/** The row in which the whereabouts come, beside those of the events, which SQL counts from one. */
const WHEREABOUTS = 0;

/**
 * An announcement concerns those whom it told first; the end of an offer, all who were told of it. `seed` is that of the
 * fingerprints of lineages. Where the fans are is not read without `gameId`, and told to nobody but by the gate.
 */
export async function findAudiences(
  orm: MikroORM,
  events: readonly LiveEvent[],
  fanIds: readonly string[],
  { seed, gameId }: { seed: bigint; gameId: string | null },
): Promise<Audiences> {
  const rows = await orm.em.fork().execute<{ place: number; fans: Buffer | null }[]>(sql`
    with fan as materialized (select * from unnest(${arrayOfKeys(fanIds)}::bigint[]) with ordinality as f (id, place))
    select e.place::int, (
      select string_agg(int4send(fan.place::int - 1) || int8send(hash_array_extended(d.lineages, ${seed}::bigint)), '')
        filter (where ${isTold})
      from fan join delivery d on d.offer_id = e.offer_id and d.fan_id = fan.id) as fans
    from ${told(events)}
    union all
    select ${WHEREABOUTS}, string_agg(int4send(fan.place::int - 1) || int8send(coalesce(p.zone_id, 0)), '')
    from fan join presence p on p.game_id = ${gameId}::bigint and p.fan_id = fan.id`);
  const found = new Map(rows.map(({ place, fans }) => [place, fans]));
  const whereabouts = found.get(WHEREABOUTS);
  return {
    ofEvents: events.map((_, place) => {
      const fans = found.get(place + 1);
      return fans ? new Audience(fans) : NOBODY;
    }),
    whereabouts: whereabouts ? readWhereabouts(whereabouts) : new Map(),
  };
}

/** Under which lineages each event was captured, of those of these fans whom it concerns. */
export async function findLineages(
  orm: MikroORM,
  events: readonly LiveEvent[],
  fanIds: readonly string[],
): Promise<readonly Lineages[]> {
  const rows = await orm.em.fork().execute<{ place: string; fan_id: string; lineages: string[] }[]>(sql`
    select e.place, d.fan_id, d.lineages::text[] as lineages
    from ${told(events)} cross join unnest(${arrayOfKeys(fanIds)}::bigint[]) as fan (id)
    join delivery d on d.offer_id = e.offer_id and d.fan_id = fan.id
    where ${isTold}`);
  const found = events.map(() => new Map<string, readonly string[]>());
  for (const { place, fan_id, lineages } of rows) found[Number(place) - 1]!.set(fan_id, lineages);
  return found;
}

/** Left out of the join, of which the planner would expect next to nothing otherwise. */
const isTold = sql`d.announcement_id = coalesce(nullif(e.announcement_id, 0), d.announcement_id)`;

const told = (events: readonly LiveEvent[]): RawQueryFragment => sql`
  unnest(${arrayOfKeys(events.map(({ payload }) => payload.offerId ?? '0'))}::bigint[],
    ${arrayOfKeys(events.map(({ payload }) => payload.announcementId ?? '0'))}::bigint[])
    with ordinality as e (offer_id, announcement_id, place)`;
