/** Wake-ups over LISTEN/NOTIFY. After each loss of the connection it listens again, and has everything looked at. */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { LOOK_EVERYWHERE, readWakeUp, type WakeUp, type Wire } from './wake-up.ts';

const CHANNEL = 'tightrope';
const CONNECT_MS = 5_000;
const RECONNECT_MS = 500;

export class PostgresWire implements Wire {
  readonly #orm: MikroORM;
  readonly #url: string;
  readonly #log: Logger;
  readonly #hear: (wakeUp: WakeUp) => void;
  #client: Client | null = null;
  #closed = false;

  constructor(orm: MikroORM, url: string, log: Logger, hear: (wakeUp: WakeUp) => void) {
    this.#orm = orm;
    this.#url = url;
    this.#log = log;
    this.#hear = hear;
  }

  async listen(): Promise<void> {
    if (this.#closed) return;
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      application_name: 'tightrope bus',
    });
    this.#client = client;
    client.on('notification', ({ payload }) => this.#receive(payload));
    client.on('error', (error) => this.#lose(client, error));
    client.on('end', () => this.#lose(client, null));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      this.#hear(LOOK_EVERYWHERE);
    } catch (error) {
      this.#lose(client, error);
    }
  }

  async send(message: string): Promise<void> {
    await this.#orm.em.fork().execute(sql`select pg_notify(${CHANNEL}, ${message})`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.end().catch(() => {});
  }

  /** Once for each connection, however often it says that it is gone. */
  #lose(client: Client, error: unknown): void {
    if (this.#client !== client || this.#closed) return;
    this.#client = null;
    if (error) this.#log.warn({ err: error }, 'the bus has no connection');
    client.end().catch(() => {});
    setTimeout(() => void this.listen(), RECONNECT_MS).unref();
  }

  #receive(message: string | undefined): void {
    const wakeUp = readWakeUp(message);
    if (wakeUp) this.#hear(wakeUp);
    else this.#log.warn('the bus received something that is no wake-up');
  }
}
