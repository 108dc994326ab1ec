/** What fans have and where they stand, read as of now for many at once. Nothing is kept: the ledger says it each time. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { arrayOf } from '../db/sql.ts';

export interface Standing {
  points: number;
  pendingPoints: number;
  heldPoints: number;
  expiredPoints: number;
  tier: { code: string; name: string } | null;
  nextTier: { code: string; pointsNeeded: number } | null;
}

interface Row {
  fan_id: string;
  points: number;
  pending: number;
  held: number;
  expired: number;
  code: string | null;
  name: string;
  next_code: string | null;
  next_needed: number;
}

/** In the order of the fans. */
export async function findStandings(em: SqlEntityManager, fanIds: readonly string[]): Promise<Standing[]> {
  const fans = arrayOf([...new Set(fanIds)]);
  const rows = await em.execute<Row[]>(sql`
    select b.fan_id, b.points, b.pending, b.held, b.expired, s.code, s.name, s.next_code, s.next_needed
    from points_balance(${fans}::bigint[], app_now()) b
    join loyalty_standing(${fans}::bigint[], app_now()) s using (fan_id)`);
  const found = new Map(rows.map((row) => [row.fan_id, toStanding(row)]));
  return fanIds.map((fanId) => found.get(fanId)!);
}

const toStanding = ({ points, pending, held, expired, code, name, next_code, next_needed }: Row): Standing => ({
  points,
  pendingPoints: pending,
  heldPoints: held,
  expiredPoints: expired,
  tier: code === null ? null : { code, name },
  nextTier: next_code === null ? null : { code: next_code, pointsNeeded: next_needed },
});
