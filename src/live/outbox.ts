/**
 * Events are written in the commit that causes them, and read in the order `(xid, id)` below the oldest transaction
 * still running: reading by id alone would lose the commits that overtake each other.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Position } from './position.ts';

export type LiveEventKind = 'OFFER_ANNOUNCED' | 'OFFER_ENDED' | 'OFFER_ENGAGED' | 'CONSENT_CHANGED';

/** An event holds keys only, never a personal value. */
export interface LiveEvent {
  readonly position: Position;
  readonly topic: string;
  readonly kind: LiveEventKind;
  readonly payload: Readonly<Record<string, string>>;
}

export const gameTopic = (gameId: string): string => `game:${gameId}`;
export const fanTopic = (fanId: string): string => `fan:${fanId}`;
export const partnerTopic = (partnerId: string): string => `partner:${partnerId}`;

/** Call it inside the transaction of the change; wake the relay after the commit. */
export async function emit(
  em: SqlEntityManager,
  topic: string,
  kind: LiveEventKind,
  payload: Record<string, string>,
): Promise<void> {
  await em.execute(
    sql`insert into outbox (topic, kind, payload) values (${topic}, ${kind}, ${JSON.stringify(payload)}::jsonb)`,
  );
}

interface Row {
  xid: string;
  id: string;
  topic: string;
  kind: LiveEventKind;
  payload: Record<string, string>;
}

/** At most `limit` events after a position, of one topic or of all. */
export async function readOutbox(
  em: SqlEntityManager,
  after: Position,
  limit: number,
  topic: string | null = null,
): Promise<LiveEvent[]> {
  const rows = await em.execute<Row[]>(sql`
    select o.xid::text, o.id, o.topic, o.kind, o.payload from outbox o
    where (o.xid, o.id) > (${String(after.xid)}::xid8, ${String(after.id)}::bigint)
      and o.xid < pg_snapshot_xmin(pg_current_snapshot())
      and o.topic = coalesce(${topic}::text, o.topic)
    order by o.xid, o.id limit ${limit}`);
  return rows.map(({ xid, id, ...event }) => ({ ...event, position: { xid: BigInt(xid), id: BigInt(id) } }));
}

/** A position that everything still to be committed comes after. */
export async function readHead(em: SqlEntityManager): Promise<Position> {
  const [row] = await em.execute<{ xid: string }[]>(sql`select pg_snapshot_xmin(pg_current_snapshot())::text as xid`);
  return { xid: BigInt(row!.xid), id: 0n };
}
