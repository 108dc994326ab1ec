/** The suite against this server, which must pass it, and against the default stack, which fails as the docs say. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { TRANSPORTS } from './adapter.ts';
import { CASES } from './cases.ts';
import { measure } from './measure.ts';
import { REPORT, render } from './report.ts';
import type { Outcome, Verdict } from './run.ts';

/** What this server is known not to keep yet. A case that has begun to pass must leave this list. */
const STILL_OPEN: Readonly<Record<string, Verdict>> = {
  'during a resolver': 'leaks',
  'cut off during a resolver': 'leaks',
  'connection broken during a resolver': 'loses',
  'frozen during a resolver': 'leaks',
};

let outcomes: Outcome[];
beforeAll(async () => {
  outcomes = await measure();
}, 300_000);

describe.each(TRANSPORTS)('a stream of this server over %s, when consent is withdrawn', (transport) => {
  it.each(CASES.map(({ name }) => name))('%s', (name) => {
    const outcome = outcomes.find(
      (one) => one.stack === 'Tightrope' && one.name === name && one.transport === transport,
    );
    const verdict = STILL_OPEN[name] ?? 'passes';
    expect(outcome).toMatchObject(verdict === 'passes' ? { verdict, note: '' } : { verdict });
  });
});

it('is reported in docs/conformance.md as it was just measured, the default stack included', () => {
  expect(readFileSync(REPORT, 'utf8')).toBe(render(outcomes));
});
