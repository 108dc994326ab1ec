/** What commands that touch the database share: settings, connection, migrations, and letting go, whatever happens. */
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type Config, readConfig } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { connectOrm } from '../db/orm.ts';
import { failPlainly } from './fail.ts';

export async function withDatabase(work: (em: SqlEntityManager, config: Config) => Promise<void>): Promise<void> {
  try {
    const config = readConfig(process.env);
    const database = await openDatabase(config);
    const orm = await connectOrm(database.url, { max: 4 });
    try {
      await work(orm.em.fork(), config);
    } finally {
      await orm.close(true);
      await database.release();
    }
  } catch (error) {
    failPlainly(error);
  }
}
