/**
 * A database of the replay's own, beside the one that the settings name, on the same PostgreSQL: empty, migrated, and
 * dropped at the end. What is there of the user's is not touched.
 */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { DatabaseError } from '../src/db/database.ts';
import { migrate } from '../src/db/migrate.ts';

export interface OwnDatabase {
  readonly name: string;
  readonly url: string;
  drop(): Promise<void>;
}

/** @throws DatabaseError where the user of that URL may not create one. */
export async function createOwnDatabase(besideUrl: string): Promise<OwnDatabase> {
  const name = `tightrope_replay_${randomBytes(6).toString('hex')}`;
  const url = new URL(besideUrl);
  url.pathname = `/${name}`;
  await tell(besideUrl, `create database ${name}`).catch((error) => {
    throw new DatabaseError(`A replay needs a database of its own, and it could not be created: ${error.message}`);
  });
  const drop = () => tell(besideUrl, `drop database if exists ${name} (force)`);
  try {
    await migrate(url.href);
    await tell(url.href, 'update installation set time_travel = true');
  } catch (error) {
    await drop();
    throw error;
  }
  return { name, url: url.href, drop };
}

/**
 * The same database as its sessions see it at an instant. What is replayed can be replayed again, so no commit waits for
 * the disk; and days are UTC's wherever the server stands.
 */
export function urlAt(url: string, at: number): string {
  const seen = new URL(url);
  const now = new Date(at).toISOString();
  seen.searchParams.set('options', `-c tightrope.now=${now} -c synchronous_commit=off -c timezone=UTC`);
  return seen.href;
}

async function tell(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
