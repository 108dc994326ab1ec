/**
 * The gate: loads decisions from `consent_mask`, keeps them, and forgets them when consent changes.
 *
 * It decides only while this node holds its lease: every withdrawal is then either applied here or still waiting for
 * this node. A decision is kept until its `valid_until`, and never longer than MAX_AGE_MS. Loads that a change overtakes
 * are thrown away and made again.
 */
import { randomBytes } from 'node:crypto';
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import DataLoader from 'dataloader';
import { arrayOfKeys } from '../db/sql.ts';
import { ServiceError } from '../errors.ts';
import { DENIAL, Decision, type DecisionKey, type Fingerprint } from './decision.ts';
import { Lease } from './lease/lease.ts';
import { Memory, placeOf } from './memory.ts';

/** Grants wake caches by a message that may be lost; this bounds for how long a denial can outlive one. */
const MAX_AGE_MS = 10_000;
const CAPACITY = 200_000;
const AHEAD_MS = 1_000;

interface MaskRow {
  fan_id: string;
  mask: number;
  lineages: string[];
  fingerprint: string;
  valid_for_ms: number | null;
}

/** What a load in flight must make again: these fans, or everything. */
type Overtaken = Set<string> & { all?: boolean };

export class ConsentGate {
  readonly #orm: MikroORM;
  readonly lease: Lease;
  /**
   * Of fingerprints of lineages. Drawn when the process starts and told to nobody but the database, so that nobody can
   * look for two lists that have the same.
   */
  readonly seed = randomBytes(8).readBigInt64BE();
  readonly #memory = new Memory(CAPACITY);
  readonly #loads = new Set<Overtaken>();
  readonly #loader = new DataLoader((keys: readonly DecisionKey[]) => this.#loadAll(keys), {
    cache: false,
    maxBatchSize: 10_000,
  });

  constructor(orm: MikroORM, lease: Lease = new Lease()) {
    this.#orm = orm;
    this.lease = lease;
  }

  /**
   * The decision from memory, or undefined when it has to be loaded. `now` is the lease's present, read in this tick.
   * Synchronous: a look-up and a comparison.
   */
  peek({ fanId, recipientId, gameId }: DecisionKey, now: number): Decision | undefined {
    const decision = this.#memory.find(fanId, recipientId, gameId);
    return decision?.counts(now) ? decision : undefined;
  }

  /** The second look: whether what was decided would be decided the same now. Where nothing has changed, it still counts. */
  confirms(key: DecisionKey, decision: Decision, now: number): boolean {
    return decision.counts(now) || decision.equals(this.peek(key, now));
  }

  /**
   * The decision from memory, or loaded together with whatever else is asked in the same tick.
   * @throws ServiceError UNAVAILABLE without a lease: that is no denial.
   */
  async decide(key: DecisionKey): Promise<Decision> {
    return this.peek(key, this.#present()) ?? this.#loader.load(key);
  }

  /**
   * Of many fans at one place, in their order; what is about to run out is loaded anew, so that it does not while it is
   * used. @throws ServiceError UNAVAILABLE without a lease.
   */
  async decideAll(fanIds: readonly string[], at: Omit<DecisionKey, 'fanId'>): Promise<Decision[]> {
    const soon = this.#present() + AHEAD_MS;
    const decisions = fanIds.map((fanId) => this.peek({ fanId, ...at }, soon));
    const missing = fanIds.filter((_, index) => !decisions[index]);
    if (missing.length === 0) return decisions as Decision[];
    const loaded = await this.#load(missing.map((fanId) => ({ fanId, ...at })));
    return fanIds.map((fanId, index) => decisions[index] ?? loaded.get(fanId) ?? DENIAL);
  }

  #present(): number {
    const now = this.lease.present();
    if (now === null) throw new ServiceError('UNAVAILABLE', 'Consent cannot be looked up now. Try again.');
    return now;
  }

  /** Drops what is known of a fan. */
  forget(fanId: string): void {
    this.#memory.forget(fanId);
    for (const load of this.#loads) load.add(fanId);
  }

  /** Drops everything. */
  forgetAll(): void {
    this.#memory.forgetAll();
    for (const load of this.#loads) load.all = true;
  }

  /** Decisions in the order of the keys; unknown fans are denied everything. */
  async #loadAll(keys: readonly DecisionKey[]): Promise<Decision[]> {
    const groups = new Map<string, DecisionKey[]>();
    for (const key of keys) {
      const place = placeOf(key.recipientId, key.gameId);
      const group = groups.get(place);
      if (group) group.push(key);
      else groups.set(place, [key]);
    }
    const loaded = new Map<string, Map<string, Decision>>();
    await Promise.all([...groups].map(async ([group, members]) => loaded.set(group, await this.#load(members))));
    return keys.map((key) => loaded.get(placeOf(key.recipientId, key.gameId))?.get(key.fanId) ?? DENIAL);
  }

  async #load(keys: readonly DecisionKey[]): Promise<Map<string, Decision>> {
    const { recipientId, gameId } = keys[0]!;
    const decisions = new Map<string, Decision>();
    let wanted = [...new Set(keys.map((key) => key.fanId))];
    while (wanted.length > 0) {
      const overtaken: Overtaken = new Set<string>();
      this.#loads.add(overtaken);
      const sent = this.lease.now().monotonic;
      try {
        const rows = await this.#orm.em.fork().execute<MaskRow[]>(sql`
          select m.fan_id, m.mask, m.lineages::text[] as lineages,
            hash_array_extended(m.lineages, ${this.seed}::bigint)::text as fingerprint,
            (extract(epoch from m.valid_until - now.at) * 1000)::float8 as valid_for_ms
          from (select app_now() as at) now,
            consent_mask(${arrayOfKeys(wanted)}::bigint[], ${recipientId}::bigint, ${gameId}::bigint, now.at) m`);
        for (const row of rows) {
          if (overtaken.all || overtaken.has(row.fan_id)) continue;
          const decision = new Decision(row.mask, row.lineages, readFingerprint(row.fingerprint));
          decisions.set(row.fan_id, decision);
          const until = sent + Math.min(row.valid_for_ms ?? MAX_AGE_MS, MAX_AGE_MS);
          this.#memory.keep({ fanId: row.fan_id, recipientId, gameId }, decision, sent, until);
        }
      } finally {
        this.#loads.delete(overtaken);
      }
      wanted = overtaken.all ? wanted : wanted.filter((fanId) => overtaken.has(fanId));
    }
    return decisions;
  }
}

/** A bigint as PostgreSQL writes it. */
function readFingerprint(text: string): Fingerprint {
  const bits = BigInt(text);
  return { high: Number(bits >> 32n), low: Number(BigInt.asIntN(32, bits)) };
}
