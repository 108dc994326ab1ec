/**
 * Keeps this node's lease: joins before the node serves, renews every third of its length, applies what the consent
 * log says before it extends, and acknowledges what it has applied. It has a connection of its own, so that no crowd at
 * the pool can delay it. A wake-up makes it renew at once; the loss of one costs a third of a lease.
 */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Logger } from 'pino';
import type { ConsentGate } from '../gate.ts';
import { BEAT_MS, LEASE_MS } from './lease.ts';

const RENEW_MS = LEASE_MS / 3;
const RETRY_MS = 100;

interface Renewal {
  clock: string;
  seq: string | null;
  fan_id: string | null;
}

export class LeaseKeeper {
  readonly #url: string;
  readonly #gate: ConsentGate;
  readonly #log: Logger;
  readonly #beats: NodeJS.Timeout;
  #client: Client | null = null;
  /** Its row in `consent_lease`; null: to be joined. */
  #node: string | null = null;
  /** The place in the log up to which everything is applied. */
  #applied = '0';
  #again = false;
  #rouse: () => void = () => {};
  #closed = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(url: string, gate: ConsentGate, log: Logger) {
    this.#url = url;
    this.#gate = gate;
    this.#log = log;
    this.#beats = setInterval(() => gate.lease.beat(), BEAT_MS);
    this.#beats.unref();
  }

  /** Resolves when the lease is held. */
  static async start(url: string, gate: ConsentGate, log: Logger): Promise<LeaseKeeper> {
    const keeper = new LeaseKeeper(url, gate, log);
    await keeper.#renew();
    keeper.#running = keeper.#run();
    return keeper;
  }

  /** There is something in the log, here or on another node. */
  wake(): void {
    this.#again = true;
    this.#rouse();
  }

  /** Gives the lease back, so that no withdrawal waits for it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#rouse();
    await this.#running;
    clearInterval(this.#beats);
    this.#gate.lease.end();
    try {
      if (this.#node) await this.#client?.query('delete from consent_lease where node = $1', [this.#node]);
      await this.#client?.end();
    } catch {
      // The lease runs out by itself.
    }
  }

  async #run(): Promise<void> {
    let failing = false;
    while (!this.#closed) {
      this.#again = false;
      let pause = RENEW_MS;
      try {
        await this.#renew();
        failing = false;
      } catch (error) {
        if (!failing) this.#log.warn({ err: error }, 'the lease could not be renewed');
        failing = true;
        this.#drop();
        pause = RETRY_MS;
      }
      if (!this.#again && !this.#closed) await this.#pause(pause);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #renew(): Promise<void> {
    const client = await this.#connect();
    const asked = this.#gate.lease.now();
    if (this.#node === null) {
      const node = randomUUID();
      const { rows } = await client.query<{ clock: string }>('select consent_lease_join($1) as clock', [node]);
      this.#gate.forgetAll();
      this.#node = node;
      this.#applied = rows[0]!.clock;
    } else {
      const { rows } = await client.query<Renewal>('select * from consent_lease_renew($1, $2)', [
        this.#node,
        this.#applied,
      ]);
      if (rows.length === 0) return this.#rejoin();
      this.#apply(rows);
    }
    this.#gate.lease.extend(asked);
  }

  /** Others saw it stand still and took it away. */
  #rejoin(): void {
    this.#node = null;
    this.#gate.lease.end();
    this.#again = true;
  }

  #apply(rows: readonly Renewal[]): void {
    const { clock, seq } = rows[0]!;
    if (clock === this.#applied) return;
    const gapless = seq !== null && BigInt(seq) === BigInt(this.#applied) + 1n && rows.at(-1)!.seq === clock;
    if (!gapless || rows.some((row) => row.fan_id === null)) this.#gate.forgetAll();
    else for (const row of rows) this.#gate.forget(row.fan_id!);
    this.#applied = clock;
    // What is applied is acknowledged by the next renewal.
    this.#again = true;
  }

  async #connect(): Promise<Client> {
    if (this.#client) return this.#client;
    const client = new Client({
      connectionString: this.#url,
      application_name: 'tightrope lease',
      connectionTimeoutMillis: LEASE_MS,
      query_timeout: LEASE_MS,
      keepAlive: true,
    });
    client.on('error', () => this.#drop(client));
    await client.connect();
    this.#client = client;
    return client;
  }

  /** A connection that failed once is not asked again, and not waited for. */
  #drop(client = this.#client): void {
    if (client !== this.#client) return;
    this.#client = null;
    client?.end().catch(() => {});
  }
}
