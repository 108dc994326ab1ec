/**
 * What a stream can no longer tell, because its history is not kept, and what is still on record of it: deliveries,
 * engagement and claims, each with what gates it. Only rows count that the transaction they name has written: those of a copy, as
 * from a dump, name transactions of another history.
 */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import type { Position } from '../live/index.ts';
import type { EventGate } from '../live/stream-event.ts';
import { type CapturedActivity, gateActivity } from './activity.ts';

interface Stretch {
  readonly since: Position;
  readonly until: Position;
}

/** Counting goes no further: "at least" is true all the same. */
const LOOKED_AT = 1_000;

/** Offers that a fan was announced at a game. */
export async function findMissedOffers(
  orm: MikroORM,
  { gameId, fanId, since, until }: Stretch & { gameId: string; fanId: string },
): Promise<EventGate[]> {
  const rows = await orm.em.fork().execute<{ lineages: string[] }[]>(sql`
    select d.lineages::text[] as lineages from delivery d join announcement a on a.id = d.announcement_id
    where d.fan_id = ${fanId} and a.game_id = ${gameId}
      and a.xid > ${String(since.xid)}::xid8 and a.xid < ${String(until.xid)}::xid8 and a.xmin = a.xid::xid
    limit ${LOOKED_AT}`);
  return rows.map(({ lineages }) => ({ subject: { fanId, gameId, captured: lineages }, scope: 'OFFERS_LIVE' }));
}

/** What became of a partner's offers, or of those of one campaign. */
export async function findMissedActivities(
  orm: MikroORM,
  { partnerId, campaignId, since, until }: Stretch & { partnerId: string; campaignId: string | null },
): Promise<EventGate[]> {
  const [after, before] = [String(since.xid), String(until.xid)];
  const rows = await orm.em.fork().execute<CapturedActivity[]>(sql`
    with announced as (
      select a.id, a.campaign_id, a.game_id, a.xid > ${after}::xid8 and a.xid < ${before}::xid8 and a.xmin = a.xid::xid as missed
      from announcement a join campaign c on c.id = a.campaign_id
      where c.partner_id = ${partnerId} and c.id = coalesce(${campaignId}::bigint, c.id)
    )
    select 'ANNOUNCED' as activity, d.fan_id, a.game_id, d.lineages::text[] as lineages,
      d.partner_lineages::text[] as partner_lineages
    from announced a join delivery d on d.announcement_id = a.id and d.partner_lineages is not null
    where a.missed
    union all
    select case e.kind when 'VIEW' then 'VIEWED' else 'CLICKED' end, e.fan_id, a.game_id, e.lineages::text[],
      e.partner_lineages::text[]
    from announced a join engagement e on e.announcement_id = a.id and e.partner_lineages is not null
    where e.xid > ${after}::xid8 and e.xid < ${before}::xid8 and e.xmin = e.xid::xid
    union all
    select t.kind, t.fan_id, c.game_id, t.lineages::text[], t.partner_lineages::text[]
    from claim c join claim_activity t on t.claim_id = c.id
    where c.campaign_id in (select campaign_id from announced)
      and t.xid > ${after}::xid8 and t.xid < ${before}::xid8 and t.xmin = t.xid::xid
    limit ${LOOKED_AT}`);
  return rows.map(gateActivity);
}
