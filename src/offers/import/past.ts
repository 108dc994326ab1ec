/**
 * The past, as the rules see it: transactions that happen at another instant. The clock is set for the transaction alone,
 * so that no connection keeps it, and only where the installation lets it be set, which is never in production.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { ConflictError } from '../../errors.ts';

/** @throws ConflictError INVALID_STATE. */
export async function requireTimeTravel(em: SqlEntityManager): Promise<void> {
  const [row] = await em.execute<{ time_travel: boolean }[]>(sql`select time_travel from installation`);
  if (row?.time_travel) return;
  throw new ConflictError(
    'INVALID_STATE',
    'The past is replayed at its own time, and the clock cannot be set in production. Nothing was changed.',
  );
}

export function happenAt<T>(em: SqlEntityManager, at: Date, work: (em: SqlEntityManager) => Promise<T>): Promise<T> {
  return em.fork().transactional(async (tx) => {
    await tx.execute(sql`select set_config('tightrope.now', ${at.toISOString()}, true)`);
    return work(tx);
  });
}
