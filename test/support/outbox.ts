/** The outbox under the hands of a test: what a writer puts in, and a day that passes for all that is in it. */
import { type MikroORM, type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Services } from '../../src/context.ts';
import { emit, gameTopic } from '../../src/live/index.ts';
import { turnOutbox } from '../../src/live/retention.ts';
import { until } from './process.ts';

/** What announcing an offer writes, in a transaction that the test ends when it likes: no node is told. Both are keys. */
export async function announceWithin(em: SqlEntityManager, gameId: string, offerId: string): Promise<void> {
  const [row] = await em.execute<{ id: string }[]>(sql`
    insert into announcement (campaign_id, offer_id, game_id, reasons, idempotency_key)
    select campaign_id, id, ${gameId}, '[]', 'silent' from offer where id = ${offerId} returning id`);
  await em.execute(sql`
    insert into delivery (announcement_id, offer_id, fan_id, lineages)
    select ${row!.id}, ${offerId}, m.fan_id, m.lineages
    from consent_mask((select array_agg(id) from fan), null, ${gameId}, app_now()) m`);
  await emit(em, gameTopic(gameId), 'OFFER_ANNOUNCED', { announcementId: row!.id, offerId });
}

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

/** Everything that is in it is no longer kept, and the node has come past it: a day later it long has. */
export async function forgetHistory({ orm, live }: Pick<Services, 'orm' | 'live'>): Promise<void> {
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
  const is = await horizon();
  await until(async () => {
    await orm.em.fork().execute(sql`select pg_current_xact_id()`);
    live.wake();
    return live.head.xid >= is;
  });
}
