/** `--write`: what a benchmark measured is kept in docs/benchmarks.json, and docs/benchmarks.md is made anew from all of it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Recorded, type Records, render } from './report.ts';

const docs = (name: string) => fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
const RECORDS = docs('benchmarks.json');
const REPORT = docs('benchmarks.md');

/** Replaces what there was of this benchmark, and leaves the others as they are. */
export function record(name: string, result: Readonly<Record<string, unknown>>): void {
  const known: Records = existsSync(RECORDS) ? (JSON.parse(readFileSync(RECORDS, 'utf8')) as Records) : {};
  const run: Recorded = { on: new Date().toISOString().slice(0, 10), machine: describeMachine(), result };
  const records = Object.fromEntries(Object.entries({ ...known, [name]: run }).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(RECORDS, `${JSON.stringify(records, null, 2)}\n`);
  writeFileSync(REPORT, render(records));
}

const describeMachine = (): string =>
  `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.versions.node}`;
