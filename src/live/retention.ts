/**
 * History is kept for a day, so that a client can resume after a night offline. It is kept in partitions, which end after
 * an hour; one that is a day old is dropped, and in the same commit the horizon remembers up to where, so that a cursor
 * from before it yields a gap and never silence (`outbox_turn`).
 */
import { type MikroORM, type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';

const EVERY_MS = 60_000;
/** The outbox could not be had at once. */
const LOCK_NOT_AVAILABLE = '55P03';
const RETRY_MS = 2_000;

/** Whether there was something to do. @throws when others hold the outbox for longer than an instant. */
export async function turnOutbox(em: SqlEntityManager): Promise<boolean> {
  const [row] = await em.execute<{ turned: boolean }[]>(sql`select outbox_turn() as turned`);
  return row!.turned;
}

/** Every node does; one at a time gets to. Returns what stops it. */
export function keepTurning(orm: MikroORM, log: Logger): () => void {
  let timer: NodeJS.Timeout;
  const turnIn = (ms: number) => {
    timer = setTimeout(turn, ms);
    timer.unref();
  };
  let stopped = false;
  const turn = async () => {
    let pause = EVERY_MS;
    try {
      await turnOutbox(orm.em.fork());
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === LOCK_NOT_AVAILABLE) pause = RETRY_MS;
      else if (!stopped) log.warn({ err: error }, 'the partitions of the outbox could not be turned');
    }
    if (!stopped) turnIn(pause);
  };
  turnIn(EVERY_MS);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
