/**
 * Events are written in the commit that causes them, and read in the order `(xid, id)` below the oldest transaction
 * still running: reading by id alone would lose the commits that overtake each other.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Position } from './position.ts';

export type LiveEventKind = 'OFFER_ANNOUNCED' | 'OFFER_ENDED' | 'CONSENT_CHANGED';

/** An event holds keys only, never a personal value. */
export interface LiveEvent {
  readonly position: Position;
  readonly topic: string;
  readonly kind: LiveEventKind;
  readonly payload: Readonly<Record<string, string>>;
}

export const gameTopic = (gameId: string): string => `game:${gameId}`;
export const fanTopic = (fanId: string): string => `fan:${fanId}`;

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

/** At most `limit` events after a position, of one topic or of all. The order is of the column, not of its text. */
export async function readOutbox(
  em: SqlEntityManager,
  after: Position,
  limit: number,
  topic: string | null = null,
): Promise<LiveEvent[]> {
  const rows = await em.execute<Row[]>(sql`
    select xid::text, id, topic, kind, payload from outbox
    where (xid, id) > (${String(after.xid)}::xid8, ${String(after.id)}::bigint)
      and xid < pg_snapshot_xmin(pg_current_snapshot())
      and topic = coalesce(${topic}::text, topic)
    order by outbox.xid, outbox.id limit ${limit}`);
  return rows.map(({ xid, id, ...event }) => ({ ...event, position: { xid: BigInt(xid), id: BigInt(id) } }));
}

/** A position that everything still to be committed comes after. */
export async function readHead(em: SqlEntityManager): Promise<Position> {
  const [row] = await em.execute<{ xid: string }[]>(sql`select pg_snapshot_xmin(pg_current_snapshot())::text as xid`);
  return { xid: BigInt(row!.xid), id: 0n };
}
