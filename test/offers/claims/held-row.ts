/** A row of the database that somebody holds, so that what the server is asked comes to stand before it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

export interface HeldRow {
  /** Until so many stand before a lock. */
  waitedForBy(count: number): Promise<void>;
  release(): Promise<void>;
}

/** Holds what `select 1 from …` finds. */
export async function holdRow(databaseUrl: string, from: string): Promise<HeldRow> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('begin');
  await client.query(`select 1 from ${from} for update`);
  return {
    waitedForBy: async (count) => {
      for (let waiting = 0; waiting < count; await sleep(5)) {
        const { rows } = await client.query(`select count(*)::int as waiting from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`);
        waiting = rows[0].waiting;
      }
    },
    release: async () => {
      await client.query('commit');
      await client.end();
    },
  };
}
