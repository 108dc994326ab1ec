/**
 * Wake-ups between nodes over LISTEN/NOTIFY: "there is something to read", "forget this fan". Never a value: what
 * happened is always read from PostgreSQL, so that losing every message loses no event. Private to `live/`.
 */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import type { Logger } from 'pino';

const CHANNEL = 'tightrope';
const RECONNECT_MS = 1_000;
/** NOTIFY refuses payloads of 8,000 bytes and more. */
const FANS_PER_MESSAGE = 300;

export interface WakeUp {
  /** There are events to read. */
  outbox?: boolean;
  /** There are withdrawals to apply. */
  log?: boolean;
  /** Forget what was decided for these. */
  fans?: string[];
}

export class Bus {
  readonly #orm: MikroORM;
  readonly #url: string;
  readonly #log: Logger;
  readonly #hear: (wakeUp: WakeUp) => void;
  #client: Client | null = null;
  #pending: { outbox: boolean; log: boolean; fans: Set<string> } | null = null;
  #closed = false;

  constructor(orm: MikroORM, url: string, log: Logger, hear: (wakeUp: WakeUp) => void) {
    this.#orm = orm;
    this.#url = url;
    this.#log = log;
    this.#hear = hear;
  }

  /** Listens until closed, and again after each loss of the connection. */
  async listen(): Promise<void> {
    if (this.#closed) return;
    const client = new Client({ connectionString: this.#url, keepAlive: true, application_name: 'tightrope bus' });
    client.on('notification', ({ payload }) => this.#receive(payload));
    client.on('error', (error) => this.#log.warn({ err: error }, 'the bus lost its connection'));
    client.on('end', () => {
      if (!this.#closed) setTimeout(() => void this.listen(), RECONNECT_MS).unref();
    });
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      this.#client = client;
    } catch (error) {
      this.#log.warn({ err: error }, 'the bus cannot listen');
      await client.end().catch(() => {});
    }
  }

  /** Call it after the commit. Wake-ups of one tick travel as one message. */
  wake(wakeUp: WakeUp): void {
    this.#hear(wakeUp);
    if (!this.#pending) {
      this.#pending = { outbox: false, log: false, fans: new Set() };
      setImmediate(() => void this.#send());
    }
    this.#pending.outbox ||= wakeUp.outbox ?? false;
    this.#pending.log ||= wakeUp.log ?? false;
    for (const fan of wakeUp.fans ?? []) this.#pending.fans.add(fan);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.end();
  }

  #receive(payload: string | undefined): void {
    try {
      this.#hear(JSON.parse(payload ?? '{}') as WakeUp);
    } catch {
      this.#log.warn('the bus received something that is no wake-up');
    }
  }

  async #send(): Promise<void> {
    const { outbox, log, fans } = this.#pending!;
    this.#pending = null;
    const rest = [...fans];
    try {
      do {
        const message: WakeUp = { outbox, log, fans: rest.splice(0, FANS_PER_MESSAGE) };
        await this.#orm.em.fork().execute(sql`select pg_notify(${CHANNEL}, ${JSON.stringify(message)})`);
      } while (rest.length > 0);
    } catch (error) {
      if (!this.#closed) this.#log.warn({ err: error }, 'a wake-up could not be sent');
    }
  }
}
