/**
 * History is kept for a day, so that a client can resume after a night offline. What is older is pruned, and the
 * horizon remembers up to where, so that a cursor from before it yields a gap and never silence.
 */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';

export const HISTORY_HOURS = 24;
const EVERY_MS = 10 * 60_000;

/** One statement: the horizon moves with what it buries. */
export async function pruneOutbox(orm: MikroORM): Promise<void> {
  await orm.em.fork().execute(sql`
    with pruned as (
      delete from outbox where at < app_now() - make_interval(hours => ${HISTORY_HOURS}::int) returning xid
    ), last as (select max(xid::text::bigint) as xid from pruned)
    update installation set outbox_horizon = last.xid + 1 from last where last.xid >= outbox_horizon`);
}

/** Returns what stops it. */
export function keepPruning(orm: MikroORM, log: Logger): () => void {
  const timer = setInterval(() => {
    pruneOutbox(orm).catch((error) => log.warn({ err: error }, 'the outbox could not be pruned'));
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
