/** What fans bought is kept as long as the catalogue says, and no longer; the points that it earned have a life of their own. */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { CATALOGUE } from '../consent/index.ts';
import { everyHour } from '../db/hourly.ts';

export async function prunePurchases(orm: MikroORM): Promise<void> {
  const { retentionDays } = CATALOGUE.HISTORY_PURCHASE;
  await orm.em
    .fork()
    .execute(sql`delete from purchase where at < app_now() - make_interval(days => ${retentionDays}::int)`);
}

/** Every hour. Returns what stops it. */
export const keepPruningPurchases = (orm: MikroORM, log: Logger): (() => void) =>
  everyHour(log, 'deleting old purchases', () => prunePurchases(orm));
