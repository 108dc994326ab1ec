/** A day passes for the outbox: everything that is in it is no longer kept. */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { turnOutbox } from '../../src/live/retention.ts';
import { until } from './process.ts';

/** One turn of the partitions, so many hours after the newest was begun. */
export function turnAfter(orm: MikroORM, hours: number): Promise<boolean> {
  return orm.em.fork().transactional(async (em) => {
    await em.execute(sql`
      select set_config('tightrope.now', (opened_at + make_interval(hours => ${hours}::int))::text, true)
      from outbox_partition where closed_at is null`);
    return turnOutbox(em);
  });
}

/** Somebody else has the outbox for now. */
export function unlessHeld(error: { code?: string }): false {
  if (error.code !== '55P03') throw error;
  return false;
}

export const partAfter = (orm: MikroORM, hours: number): Promise<void> =>
  until(() => turnAfter(orm, hours).catch(unlessHeld));

export async function forgetHistory(orm: MikroORM): Promise<void> {
  const horizon = async () => {
    const [row] = await orm.em.fork().execute<{ xid: string }[]>(sql`select outbox_horizon as xid from installation`);
    return BigInt(row!.xid);
  };
  await partAfter(orm, 2);
  const was = await horizon();
  // It waits for transactions of other tests.
  await until(async () => {
    await turnAfter(orm, 25).catch(unlessHeld);
    return (await horizon()) > was;
  });
}
