/**
 * `npm run conformance`: plays the suite against both stacks and prints the report; `--write` puts it into the docs. With
 * DATABASE_URL it uses that server, beside whatever load it carries; its databases `conformance_…` are made anew there.
 * With `--in-place` too it plays against this server alone, with nodes of its own in that very database, beside those
 * that are there. Exit code 1 where this server does not pass.
 */
import { writeFileSync } from 'node:fs';
import { measure } from './measure.ts';
import { REPORT, render } from './report.ts';
import { type Outcome, runInPlace } from './run.ts';
import { tightrope } from './tightrope.ts';

const started = performance.now();
const tell = ({ stack, name, transport, verdict, note }: Outcome) =>
  console.error(`${seconds()} ${stack}, ${transport}, ${name}: ${verdict}${note ? ` (${note})` : ''}`);
const { DATABASE_URL } = process.env;
const inPlace = process.argv.includes('--in-place');
if (inPlace && !DATABASE_URL) throw new Error('--in-place needs DATABASE_URL.');
const outcomes = inPlace ? await runInPlace(tightrope(), DATABASE_URL!, { tell }) : await measure(tell, DATABASE_URL);
const ours = outcomes.filter(({ stack }) => stack === 'Tightrope');
const passed = ours.filter(({ verdict }) => verdict === 'passes');
if (passed.length < ours.length) process.exitCode = 1;
if (inPlace) {
  console.log(`${passed.length} of ${ours.length} passed`);
} else {
  const report = render(outcomes);
  if (process.argv.includes('--write')) writeFileSync(REPORT, report);
  else console.log(report);
}

function seconds(): string {
  return `${((performance.now() - started) / 1_000).toFixed(1).padStart(5)} s `;
}
