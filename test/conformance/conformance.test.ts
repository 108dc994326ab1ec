/** The suite against this server, which must pass it, and against the default stack, which fails as the docs say. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { TRANSPORTS } from './adapter.ts';
import { CASES } from './cases.ts';
import { measure } from './measure.ts';
import { REPORT, render } from './report.ts';
import type { Outcome } from './run.ts';

let outcomes: Outcome[];
beforeAll(async () => {
  outcomes = await measure();
}, 300_000);

describe.each(TRANSPORTS)('a stream of this server over %s, when consent is withdrawn', (transport) => {
  it.each(CASES.map(({ name }) => name))('%s', (name) => {
    const outcome = outcomes.find(
      (one) => one.stack === 'Tightrope' && one.name === name && one.transport === transport,
    );
    expect(outcome).toMatchObject({ verdict: 'passes', note: '' });
  });
});

/** In which of its ways the default stack fails a case depends on what breaks first; that it fails does not. */
const withoutWays = (page: string) => page.replace(/\| (leaks and loses|leaks|loses|fails) \|$/gm, '| fails |');

it('is reported in docs/conformance.md as it was just measured: what each stack passes, and what it fails', () => {
  expect(withoutWays(readFileSync(REPORT, 'utf8'))).toBe(withoutWays(render(outcomes)));
});
