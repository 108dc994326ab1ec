/**
 * `npm run bench -- NAME [--json] [--write]`: runs one benchmark; the last line on standard output is one JSON object.
 * With --write it is kept in docs/benchmarks.json, and docs/benchmarks.md is made anew.
 */
import type { Benchmark } from './benchmark.ts';
import { readCommand } from './options.ts';
import { record } from './record.ts';

const BENCHMARKS: Readonly<Record<string, () => Promise<{ run: Benchmark }>>> = {
  announce: () => import('./announce.ts'),
  burst: () => import('./burst.ts'),
  claims: () => import('./claims.ts'),
  decision: () => import('./decision.ts'),
  fanout: () => import('./fanout.ts'),
  http: () => import('./http.ts'),
  ledger: () => import('./ledger.ts'),
  memory: () => import('./memory.ts'),
  ramp: () => import('./ramp.ts'),
  resume: () => import('./resume.ts'),
  slow: () => import('./slow.ts'),
  start: () => import('./start.ts'),
  withdrawal: () => import('./withdrawal.ts'),
  withdrawals: () => import('./withdrawals.ts'),
};

const { name, json, write, options } = readCommand(process.argv.slice(2));
const load = name !== undefined && Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
if (!load) {
  console.error(`Name a benchmark: ${Object.keys(BENCHMARKS).join(', ')}.`);
  process.exit(1);
}
const { run } = await load();
const result = await run(json ? () => {} : (line) => console.log(line), options);
if (write) record(name!, result);
console.log(JSON.stringify({ benchmark: name, ...result }));
