/** What fans bought is kept as long as the catalogue says, and no longer; the points that it earned have a life of their own. */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { CATALOGUE } from '../consent/index.ts';

const EVERY_MS = 3_600_000;

export async function prunePurchases(orm: MikroORM): Promise<void> {
  const { retentionDays } = CATALOGUE.HISTORY_PURCHASE;
  await orm.em
    .fork()
    .execute(sql`delete from purchase where at < app_now() - make_interval(days => ${retentionDays}::int)`);
}

/** Every hour. Returns what stops it. */
export function keepPruningPurchases(orm: MikroORM, log: Logger): () => void {
  const prune = () =>
    void prunePurchases(orm).catch((error) => log.warn({ err: error }, 'old purchases could not be deleted'));
  const timer = setInterval(prune, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
