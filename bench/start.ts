/**
 * How long the server takes from its first instruction until it is ready: in an empty data directory, with the database's
 * making, all migrations and the demo, and then again where everything is there.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OwnServer } from '../gameday/server.ts';
import type { Benchmark } from './benchmark.ts';
import { inWords, spread } from './figures.ts';

const ROUNDS = 7;

export const run: Benchmark = async (say, { rounds = ROUNDS }) => {
  const empty: number[] = [];
  const again: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const parent = await mkdtemp(join(tmpdir(), 'tightrope-bench-'));
    try {
      const dataDir = join(parent, 'data');
      empty.push(await start(dataDir));
      again.push(await start(dataDir));
    } finally {
      await rm(parent, { recursive: true, force: true, maxRetries: 20 });
    }
  }
  const [milliseconds, againMs] = [spread(empty), spread(again)];
  say(`ready from an empty data directory: ${inWords(milliseconds)} ms`);
  say(`  and from one that is there: ${inWords(againMs)} ms`);
  return { milliseconds, againMs };
};

/** Milliseconds until it is ready; it is stopped then. @throws Error when it ends before. */
async function start(dataDir: string): Promise<number> {
  const began = performance.now();
  const server = await OwnServer.start({ DATA_DIR: dataDir, DATABASE_URL: '', REDIS_URL: '' });
  const took = performance.now() - began;
  await server.stop();
  return took;
}
