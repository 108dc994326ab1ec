/** What fans did with offers is kept as long as the catalogue says, and no longer. */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { CATALOGUE } from '../consent/index.ts';
import { everyHour } from '../db/hourly.ts';

export async function pruneEngagement(orm: MikroORM): Promise<void> {
  const { retentionDays } = CATALOGUE.HISTORY_ENGAGEMENT;
  await orm.em
    .fork()
    .execute(sql`delete from engagement where at < app_now() - make_interval(days => ${retentionDays}::int)`);
}

/** Every hour. Returns what stops it. */
export const keepPruningEngagement = (orm: MikroORM, log: Logger): (() => void) =>
  everyHour(log, 'deleting old engagement', () => pruneEngagement(orm));
