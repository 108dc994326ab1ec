/** A transaction that travels in time, and is taken back: many years of one fan in a moment. */
import type { MikroORM, SqlEntityManager } from '@mikro-orm/postgresql';

export interface Journey {
  readonly em: SqlEntityManager;
  /** From here on everything happens then. */
  to(at: string | Date): Promise<void>;
  sql<Row extends object = Record<string, unknown>>(statement: string): Promise<Row[]>;
}

const TAKEN_BACK = new Error('taken back');

export async function travel(orm: MikroORM, work: (journey: Journey) => Promise<void>): Promise<void> {
  const journey = orm.em.fork().transactional(async (em) => {
    await work({
      em,
      to: async (at) => {
        await em.execute(`select set_config('tightrope.now', '${new Date(at).toISOString()}', true)`);
      },
      sql: (statement) => em.execute(statement),
    });
    throw TAKEN_BACK;
  });
  await journey.catch((error) => {
    if (error !== TAKEN_BACK) throw error;
  });
}
