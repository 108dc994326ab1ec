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
  /** @throws DatabaseError where the user of that URL may not create one. */
  create(): Promise<void>;
  /** At any time, whatever uses it. */
  drop(): Promise<void>;
}

export function ownDatabaseBeside(url: string): OwnDatabase {
  const name = `tightrope_replay_${randomBytes(6).toString('hex')}`;
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    name,
    url: own.href,
    create: async () => {
      await tell(url, `create database ${name}`).catch((error) => {
        throw new DatabaseError(`A replay needs a database of its own, and it could not be created: ${error.message}`);
      });
      await migrate(own.href);
      await tell(own.href, 'update installation set time_travel = true');
    },
    drop: () => tell(url, `drop database if exists ${name} (force)`),
  };
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
