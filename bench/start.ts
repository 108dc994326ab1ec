/**
 * How long the server takes from its first instruction until it is ready: in an empty data directory, with the database's
 * making, all migrations and the demo, and then again where everything is there.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from './benchmark.ts';
import { inWords, spread } from './figures.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const ROUNDS = 7;
/** What the server says then. */
const READY = 'Tightrope is ready.';

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
  const { DATABASE_URL: _, REDIS_URL: __, ...inherited } = process.env;
  const began = performance.now();
  const server = spawn(process.execPath, [MAIN], {
    env: { ...inherited, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  let said = '';
  for await (const chunk of server.stdout) {
    said += chunk;
    if (!said.includes(READY)) continue;
    const took = performance.now() - began;
    server.kill('SIGTERM');
    await ended;
    return took;
  }
  throw new Error('The server ended before it was ready.');
}
