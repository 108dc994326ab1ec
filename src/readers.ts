/**
 * Reads that many open streams make in the same tick, sent as one query. Nothing is kept: each event is read as it
 * stands when it is sent.
 */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import DataLoader from 'dataloader';
import { arrayOf } from './db/sql.ts';

/** What one fan was announced: the lineages of consent in force then, by scope bit. */
export interface DeliveryRow {
  announcement_id: string;
  offer_id: string;
  fan_id: string;
  lineages: string[];
}

export interface PresenceRow {
  game_id: string;
  fan_id: string;
  zone_id: string | null;
}

export type Readers = ReturnType<typeof createReaders>;

export function createReaders(orm: MikroORM) {
  const uncached = { cache: false, maxBatchSize: 10_000 } as const;
  return {
    /** By offer and fan: a fan is announced an offer once. */
    delivery: new DataLoader(async (keys: readonly { offerId: string; fanId: string }[]) => {
      const rows = await orm.em.fork().execute<DeliveryRow[]>(sql`
        select announcement_id, offer_id, fan_id, lineages::text[] as lineages
        from delivery where (offer_id, fan_id) in (
          select * from unnest(${arrayOf(keys.map((key) => key.offerId))}::bigint[],
            ${arrayOf(keys.map((key) => key.fanId))}::bigint[]))`);
      const found = new Map(rows.map((row) => [`${row.offer_id}|${row.fan_id}`, row]));
      return keys.map((key) => found.get(`${key.offerId}|${key.fanId}`) ?? null);
    }, uncached),
    /** By game and fan: where they are now. */
    presence: new DataLoader(async (keys: readonly { gameId: string; fanId: string }[]) => {
      const rows = await orm.em.fork().execute<PresenceRow[]>(sql`
        select game_id, fan_id, zone_id from presence where (game_id, fan_id) in (
          select * from unnest(${arrayOf(keys.map((key) => key.gameId))}::bigint[],
            ${arrayOf(keys.map((key) => key.fanId))}::bigint[]))`);
      const found = new Map(rows.map((row) => [`${row.game_id}|${row.fan_id}`, row]));
      return keys.map((key) => found.get(`${key.gameId}|${key.fanId}`) ?? null);
    }, uncached),
  };
}
