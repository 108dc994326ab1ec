/**
 * Events are written in the commit that causes them, and read in the order `(xid, id)` below the oldest transaction
 * still running: reading by id alone would lose the commits that overtake each other.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Position } from './position.ts';

export type LiveEventKind = 'OFFER_ANNOUNCED' | 'OFFER_ENDED' | 'OFFER_ENGAGED' | 'OFFER_CLAIMED' | 'CONSENT_CHANGED';

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

/** What one look at the outbox saw, all of it at one moment. */
export interface Reading {
  /** Of what is written now; null: PostgreSQL has started, or the database been restored, and nobody has entered it yet. */
  readonly generation: string | null;
  /** Events below this transaction are no longer kept. */
  readonly horizon: bigint;
  /** Every event below this transaction is committed, or never will be. */
  readonly end: bigint;
  readonly events: readonly LiveEvent[];
}

interface Row {
  generation: string | null;
  horizon: string;
  end: string;
  xid: string | null;
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
): Promise<Reading> {
  const [xid, id] = [String(after.xid), String(after.id)];
  // The first condition is what chooses the partitions.
  const rows = await em.execute<Row[]>(sql`
    select outbox_current() as generation, i.outbox_horizon as horizon,
      pg_snapshot_xmin(pg_current_snapshot())::text as "end", o.xid::text, o.id, o.topic, o.kind, o.payload
    from installation i left join (
      select * from outbox
      where xid >= ${xid}::xid8 and (xid, id) > (${xid}::xid8, ${id}::bigint)
        and xid < pg_snapshot_xmin(pg_current_snapshot())
        ${topic === null ? sql`` : sql`and topic = ${topic}`}
      order by xid, id limit ${limit}
    ) o on true
    order by o.xid, o.id`);
  const { generation, horizon, end } = rows[0]!;
  return {
    generation,
    horizon: BigInt(horizon),
    end: BigInt(end),
    events: rows.flatMap(({ xid, id, topic, kind, payload }) =>
      xid === null ? [] : [{ topic, kind, payload, position: { xid: BigInt(xid), id: BigInt(id) } }],
    ),
  };
}

/** A position that everything still to be committed comes after. */
export async function readHead(em: SqlEntityManager): Promise<Position> {
  const [row] = await em.execute<{ xid: string }[]>(sql`select pg_snapshot_xmin(pg_current_snapshot())::text as xid`);
  return { xid: BigInt(row!.xid), id: 0n };
}
