/**
 * The real server, on a socket of its own, at an instant that can be moved. Time is set for each session (`app_now()`), so
 * the clock is moved by setting it in every session of the pool while nobody asks for anything, and by letting the gate
 * forget: how long a decision holds it counts on the monotonic clock, which knows nothing of that.
 */
import type { MikroORM, PostgreSqlConnection } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { type App, createApp } from '../src/app.ts';
import { type Config, readConfig } from '../src/config.ts';
import { listen } from '../src/server.ts';
import { urlAt } from './own-database.ts';

/** One phone stands for thousands here, and one till for all of a venue. */
const PLENTY = {
  COST_PER_MINUTE_ANONYMOUS: '1000000000',
  COST_PER_MINUTE_FAN: '1000000000',
  COST_PER_MINUTE_PARTNER: '1000000000',
  COST_PER_MINUTE_STAFF: '1000000000',
  COST_PER_MINUTE_DEVICE: '1000000000',
  OPERATIONS_PER_VIEWER: '64',
};

const PATIENT_MS = 600_000;

export const configOfStand = (environment: Record<string, string | undefined>): Config =>
  readConfig({
    LOG_LEVEL: 'error',
    ...environment,
    ...PLENTY,
    PORT: '0',
    HOST: '127.0.0.1',
    REDIS_URL: '',
    JWKS_URL: '',
    JWT_ISSUER: '',
    JWT_AUDIENCE: '',
    DRAIN_SECONDS: '0',
    TRANSACTION_SECONDS: '0',
  });

export class Stand {
  readonly url: string;
  readonly #app: App;
  readonly #pool: Pool;
  readonly #databaseUrl: string;

  private constructor(app: App, pool: Pool, databaseUrl: string, url: string) {
    this.#app = app;
    this.#pool = pool;
    this.#databaseUrl = databaseUrl;
    this.url = url;
  }

  static async start(at: number, databaseUrl: string, config: Config, log: Logger): Promise<Stand> {
    const app = await createApp({ config, databaseUrl: urlAt(databaseUrl, at), log });
    // A connection that is closed just as it is used again would leave it open what became of the act.
    app.server.keepAliveTimeout = PATIENT_MS;
    const connection = app.orm.em.getConnection() as PostgreSqlConnection;
    const url = `${await listen(app.server, config)}/graphql`;
    return new Stand(app, await connection.getNativeClient(), databaseUrl, url);
  }

  /** The operator's own hands, at the same instant. */
  get orm(): MikroORM {
    return this.#app.orm;
  }

  /** When nothing is under way but what the server does by itself. */
  async moveTo(at: number): Promise<void> {
    this.#pool.options.connectionString = urlAt(this.#databaseUrl, at);
    const all = Array.from({ length: this.#pool.totalCount }, () => this.#pool.connect());
    const clients = await Promise.all(all);
    try {
      const now = new Date(at).toISOString();
      await Promise.all(clients.map((client) => client.query("select set_config('tightrope.now', $1, false)", [now])));
    } finally {
      for (const client of clients) client.release();
    }
    this.#app.services.gate.forgetAll();
  }

  close(): Promise<void> {
    return this.#app.close();
  }
}
