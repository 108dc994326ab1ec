/** What fans did with offers is kept as long as the catalogue says, and no longer. */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { CATALOGUE } from '../consent/index.ts';

const EVERY_MS = 3_600_000;

export async function pruneEngagement(orm: MikroORM): Promise<void> {
  const { retentionDays } = CATALOGUE.HISTORY_ENGAGEMENT;
  await orm.em
    .fork()
    .execute(sql`delete from engagement where at < app_now() - make_interval(days => ${retentionDays}::int)`);
}

/** Every hour. Returns what stops it. */
export function keepPruningEngagement(orm: MikroORM, log: Logger): () => void {
  const prune = () =>
    void pruneEngagement(orm).catch((error) => log.warn({ err: error }, 'old engagement could not be deleted'));
  const timer = setInterval(prune, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
