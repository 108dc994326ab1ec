/** Brings a database to the newest schema. Two processes that start at once take turns; running it again does nothing. */
import { sql } from '@mikro-orm/postgresql';
import { connectOrm } from './orm.ts';

const MIGRATION_LOCK = 7_469_676;

export async function migrate(url: string): Promise<void> {
  const orm = await connectOrm(url, { max: 4 });
  try {
    await orm.em.fork().transactional(async (em) => {
      await em.execute(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
      await orm.migrator.up();
    });
  } finally {
    await orm.close(true);
  }
}
