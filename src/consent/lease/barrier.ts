/**
 * What a withdrawal waits for after its commit: until every node has applied it, or at the latest until the lease of a
 * node that has not must have run out. A node that renews in the meantime applies before it extends, so that the length
 * of a lease from the commit is enough, whatever became of the node.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { ServiceError } from '../../errors.ts';
import { LEASE_MS } from './lease.ts';

export interface Passed {
  /** How many nodes held a lease. */
  readonly nodes: number;
  readonly waitedMs: number;
}

interface Look {
  readonly clock: bigint;
  readonly leases: readonly { node: string; renewals: string; acked: bigint }[];
}

const PAUSES_MS = [0, 2, 4, 8, 15];
const LONGEST_PAUSE_MS = 25;

export class Barrier {
  readonly #em: SqlEntityManager;
  #next: Promise<Look | null> | null = null;

  /** Only forks of `em` are used. */
  constructor({ em }: { em: SqlEntityManager }) {
    this.#em = em;
  }

  /**
   * Call it after the commit: resolves when nothing withdrawn before the call can be shown any more, on any node.
   * @throws ServiceError OUTCOME_UNKNOWN when the database cannot be asked for the length of a lease.
   */
  async pass(): Promise<Passed> {
    const began = performance.now();
    let target: bigint | null = null;
    let first: Look['leases'] = [];
    for (let attempt = 0; ; attempt += 1) {
      const over = performance.now() - began >= LEASE_MS;
      const look = await this.#look();
      if (!look && over) {
        throw new ServiceError('OUTCOME_UNKNOWN', 'It is withdrawn, but which nodes have heard of it is not known.');
      }
      if (look) {
        if (target === null) first = look.leases;
        target ??= look.clock;
        const clock = target;
        const late = look.leases.filter(({ acked }) => acked < clock);
        if (late.length > 0 && over) await this.#remove(late, first);
        if (late.length === 0 || over) {
          return { nodes: first.length, waitedMs: Math.round(performance.now() - began) };
        }
      }
      await sleep(PAUSES_MS[attempt] ?? LONGEST_PAUSE_MS);
    }
  }

  /** Whoever asks in one tick shares the answer to a question sent after. Null: no answer, or none in time. */
  #look(): Promise<Look | null> {
    this.#next ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#next = null;
      return Promise.race([this.#ask().catch(() => null), sleep(LEASE_MS, null, { ref: false })]);
    });
    return this.#next;
  }

  async #ask(): Promise<Look> {
    const rows = await this.#em.fork().execute<Row[]>(sql`
      select c.seq as clock, l.node, l.renewals, l.acked from consent_clock c left join consent_lease l on true`);
    return {
      clock: BigInt(rows[0]!.clock),
      leases: rows.flatMap(({ node, renewals, acked }) =>
        node === null ? [] : [{ node, renewals: renewals!, acked: BigInt(acked!) }],
      ),
    };
  }

  /** The leases that stood still all the while are dead; their owners, if they live, join anew with nothing remembered. */
  async #remove(late: Look['leases'], first: Look['leases']): Promise<void> {
    const em = this.#em.fork();
    for (const { node, renewals } of late) {
      if (!first.some((then) => then.node === node && then.renewals === renewals)) continue;
      await em.execute(sql`delete from consent_lease where node = ${node} and renewals = ${renewals}`);
    }
  }
}

interface Row {
  clock: string;
  node: string | null;
  renewals: string | null;
  acked: string | null;
}
