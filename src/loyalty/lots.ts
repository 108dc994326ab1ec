/** What fans have earned as it stands now: how much of it is left, and until when. Read for many entries at once. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { arrayOf } from '../db/sql.ts';

export const LOT_STATES = ['PENDING', 'CONFIRMED', 'EXPIRED'] as const;

export interface Lot {
  state: (typeof LOT_STATES)[number];
  pointsLeft: number;
  /** Where the fan goes on consenting; null: never, or it has. */
  expiresAt: Date | null;
}

interface Row {
  lot_id: string;
  state: Lot['state'];
  remaining: number;
  expires_at: Date | null;
}

/** In the order of the entries; null for one that earned nothing. */
export async function findLots(
  em: SqlEntityManager,
  entries: readonly { id: string; fanId: string }[],
): Promise<(Lot | null)[]> {
  const fans = arrayOf([...new Set(entries.map(({ fanId }) => fanId))]);
  const rows = await em.execute<Row[]>(sql`
    select lot_id, state, remaining, case when state <> 'EXPIRED' then app_now() + life_left end as expires_at
    from points_lots(${fans}::bigint[], app_now())
    where lot_id = any (${arrayOf(entries.map(({ id }) => id))}::bigint[])`);
  const found = new Map(rows.map((row) => [row.lot_id, toLot(row)]));
  return entries.map(({ id }) => found.get(id) ?? null);
}

const toLot = ({ state, remaining, expires_at }: Row): Lot => ({
  state,
  pointsLeft: remaining,
  expiresAt: expires_at && new Date(expires_at),
});
