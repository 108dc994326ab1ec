/**
 * What keeps events back, for whoever watches. One open transaction that has written anything, in whatever database of
 * the server, holds back every event that was committed after it began: its age is the lag of all streams.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Position } from './position.ts';

export interface Backlog {
  /** Of the oldest transaction that streams wait for; 0: of none. Those of other roles show to pg_read_all_stats only. */
  readonly stalledSeconds: number;
  /** Committed events that this node has not handed out, as far as they are counted. */
  readonly waiting: number;
}

const COUNTED = 100_000;

export async function readBacklog(em: SqlEntityManager, head: Position): Promise<Backlog> {
  const [row] = await em.execute<{ stalled: number; waiting: string }[]>(sql`
    select
      coalesce(extract(epoch from clock_timestamp() - (
        select min(began) from (
          select xact_start as began from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()
          union all select prepared from pg_prepared_xacts) writers)), 0)::float8 as stalled,
      (select count(*) from (
        select 1 from outbox o
        where o.xid >= ${String(head.xid)}::xid8 and (o.xid, o.id) > (${String(head.xid)}::xid8, ${String(head.id)}::bigint)
        limit ${COUNTED}::int) committed) as waiting`);
  return { stalledSeconds: Math.max(0, row!.stalled), waiting: Number(row!.waiting) };
}
