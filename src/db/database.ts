/** The database that the settings name: one's own by DATABASE_URL, or the embedded one in DATA_DIR. Migrated when it returns. */
import { resolve } from 'node:path';
import { Client } from 'pg';
import type { Config } from '../config.ts';
import { startEmbeddedPostgres } from './embedded.ts';
import { migrate } from './migrate.ts';

export interface Database {
  readonly url: string;
  /** Lets go of it; the embedded one stops with its last user. */
  release(): Promise<void>;
}

/** It cannot be reached or used; the message says what to do. */
export class DatabaseError extends Error {}

const OLDEST_SERVER = 170_000;

export async function openDatabase(config: Config): Promise<Database> {
  const database = config.DATABASE_URL
    ? { url: config.DATABASE_URL, release: async () => {} }
    : await openEmbedded(resolve(config.DATA_DIR));
  try {
    await checkServer(database.url);
    await migrate(database.url);
    await setTimeTravel(database.url, !config.production);
    return database;
  } catch (error) {
    await database.release();
    throw error;
  }
}

async function openEmbedded(dataDir: string): Promise<Database> {
  const server = await startEmbeddedPostgres({ dataDir });
  return { url: server.url, release: () => server.stop() };
}

async function checkServer(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query("select current_setting('server_version_num')::int as version");
    if (rows[0].version < OLDEST_SERVER) {
      throw new DatabaseError(`DATABASE_URL: PostgreSQL 17 or later is needed; this is ${rows[0].version}.`);
    }
  });
}

/** A session may set the rule clock everywhere but in production. */
const setTimeTravel = (url: string, allowed: boolean): Promise<void> =>
  withClient(url, async (client) => {
    await client.query('update installation set time_travel = $1 where time_travel <> $1', [allowed]);
  });

async function withClient(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    const { host } = new URL(url);
    throw new DatabaseError(`The database at ${host} cannot be reached: ${reason(error)}`);
  }
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; ');
  return error instanceof Error ? error.message : String(error);
}
