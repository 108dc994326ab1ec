/**
 * `npm run conformance`: plays the suite against both stacks and prints the report; `--write` puts it into the docs. With
 * DATABASE_URL it uses that server, beside whatever load it carries; its databases `conformance_…` are made anew there.
 */
import { writeFileSync } from 'node:fs';
import { measure } from './measure.ts';
import { REPORT, render } from './report.ts';

const started = performance.now();
const outcomes = await measure(
  ({ stack, name, transport, verdict, note }) =>
    console.error(`${seconds()} ${stack}, ${transport}, ${name}: ${verdict}${note ? ` (${note})` : ''}`),
  process.env.DATABASE_URL,
);
const report = render(outcomes);
if (process.argv.includes('--write')) writeFileSync(REPORT, report);
else console.log(report);

function seconds(): string {
  return `${((performance.now() - started) / 1_000).toFixed(1).padStart(5)} s `;
}
