/**
 * Puts committed entries into the tree, and signs each head. One node at a time, by an advisory lock; each batch is one
 * commit that takes the entries from `ledger_pending`, gives them their places and signs the head, so that a process
 * killed at any point leaves either all of it or nothing. An entry is never lost and never placed twice, whatever the
 * order in which transactions begin and commit. Within a batch the order is that of the entries' keys, which for one
 * fan is the order of acts (the fan's row is locked when the key is drawn).
 *
 * It is woken after a commit on this node, and looks by itself once a second for what others left.
 */
import { type MikroORM, type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { arrayOf } from '../../db/sql.ts';
import { ServiceError } from '../../errors.ts';
import { signHead } from './heads.ts';
import type { Signer } from './signing.ts';
import { EMPTY_ROOT, hashLeaf } from './tree.ts';
import { growStore, readSize } from './tree-store.ts';

const LOCK = 7_469_677;
const BATCH = 1_000;
const POLL_MS = 1_000;
/** While another node is at work. */
const BUSY_MS = 50;
/** A process suspended inside a batch holds up all others for no longer. */
const BATCH_LIMIT = '30s';
const FLUSH_LIMIT = '10s';
const LOCK_NOT_AVAILABLE = '55P03';

export class Sequencer {
  readonly #orm: MikroORM;
  readonly #signer: Signer;
  readonly #log: Logger;
  #rouse: () => void = () => {};
  #woken = false;
  #closed = false;
  #running: Promise<void> = Promise.resolve();

  constructor(orm: MikroORM, signer: Signer, log: Logger) {
    this.#orm = orm;
    this.#signer = signer;
    this.#log = log;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** After a commit that appended an entry. */
  wake(): void {
    this.#woken = true;
    this.#rouse();
  }

  /** Resolves when every entry committed before the call is in the tree. @throws ServiceError UNAVAILABLE. */
  async flush(): Promise<void> {
    try {
      while ((await this.#sequence('wait')) === BATCH);
    } catch (error) {
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
      throw new ServiceError('UNAVAILABLE', 'The ledger is busy. Ask again.');
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#rouse();
    await this.#running;
  }

  async #run(): Promise<void> {
    let rest = 0;
    while (!this.#closed) {
      await this.#pause(rest);
      if (this.#closed) return;
      this.#woken = false;
      rest = POLL_MS;
      try {
        const placed = await this.#sequence('try');
        if (placed === null) rest = BUSY_MS;
        else if (placed === BATCH) rest = 0;
      } catch (error) {
        if (!this.#closed) this.#log.warn({ err: error }, 'the ledger could not be sequenced');
      }
    }
  }

  /** How many entries were placed; null when another node is at it. */
  #sequence(lock: 'try' | 'wait'): Promise<number | null> {
    return this.#orm.em.fork().transactional(async (em) => {
      await em.execute(`set local transaction_timeout = '${BATCH_LIMIT}'; set local lock_timeout = '${FLUSH_LIMIT}'`);
      if (!(await takeLock(em, lock))) return null;
      const entries = await em.execute<{ id: string; leaf: Uint8Array }[]>(sql`
        with taken as (
          delete from ledger_pending
          where entry_id in (select entry_id from ledger_pending order by entry_id limit ${BATCH})
          returning entry_id
        )
        select e.id, e.leaf from taken join ledger_entry e on e.id = taken.entry_id order by e.id`);
      await this.#place(em, entries);
      return entries.length;
    });
  }

  async #place(em: SqlEntityManager, entries: readonly { id: string; leaf: Uint8Array }[]): Promise<void> {
    const size = await readSize(em);
    if (entries.length === 0) return size === 0 ? this.#publish(em, { size, root: EMPTY_ROOT }) : undefined;
    await em.execute(sql`
      insert into ledger_leaf (index, entry_id)
      select ${size} + place - 1, entry_id
      from unnest(${arrayOf(entries.map(({ id }) => id))}::bigint[]) with ordinality as e (entry_id, place)`);
    await this.#publish(
      em,
      await growStore(
        em,
        size,
        entries.map(({ leaf }) => hashLeaf(leaf)),
      ),
    );
  }

  async #publish(em: SqlEntityManager, tree: { size: number; root: Buffer }): Promise<void> {
    const [row] = await em.execute<{ now: Date }[]>(sql`select app_now() as now`);
    const at = new Date(row!.now);
    const jws = await signHead(this.#signer, { ...tree, at });
    await em.execute(sql`
      insert into ledger_head (size, jws, at) values (${tree.size}, ${jws}, ${at}) on conflict do nothing`);
  }

  #pause(ms: number): Promise<void> {
    if (this.#woken || ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function takeLock(em: SqlEntityManager, how: 'try' | 'wait'): Promise<boolean> {
  if (how === 'wait') {
    await em.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
    return true;
  }
  const [row] = await em.execute<{ taken: boolean }[]>(sql`select pg_try_advisory_xact_lock(${LOCK}) as taken`);
  return row!.taken;
}
