/** What goes wrong on a bad day: a node is frozen past its lease and thawed, one is killed, wake-ups are lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Cluster } from './server.ts';

const FROZEN_MS = 4_000;
const CUT_EVERY_MS = 700;

/** Frames wait for a thaw, a lease and a new connection. */
export const TROUBLED_DELIVERY_MS = 15_000;

/** Runs its course once; tells what it did. */
export async function makeTrouble(cluster: Cluster): Promise<string[]> {
  const [, second, third] = cluster.nodes;
  if (!second || !third) return [];
  const wakeUps = loseWakeUps(cluster.nodes[0]!.databaseUrl);
  await sleep(2_000);
  await second.freeze(FROZEN_MS);
  await sleep(2_000);
  await cluster.replace(2);
  await sleep(4_000);
  const lost = await wakeUps.stop();
  return [
    `one was frozen for ${FROZEN_MS} ms, twice the length of a lease, and thawed`,
    'one was killed, and another started in its place',
    `the connections that carry wake-ups were cut ${lost} times`,
  ];
}

/** Whatever is sent between a cut and the new connection is lost. */
function loseWakeUps(databaseUrl: string): { stop(): Promise<number> } {
  let stopped = false;
  let lost = 0;
  const run = async () => {
    const admin = new Client({ connectionString: databaseUrl });
    await admin.connect();
    while (!stopped) {
      const { rowCount } = await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'tightrope bus' and datname = current_database()`);
      lost += rowCount ?? 0;
      await sleep(CUT_EVERY_MS);
    }
    await admin.end();
  };
  const running = run();
  return {
    async stop() {
      stopped = true;
      await running;
      return lost;
    },
  };
}
