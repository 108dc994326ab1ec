/**
 * Looks whether all holds that must hold, in one snapshot of the database, beside a running server or not. One line a
 * check, and what breaks it; `--json` ends with one JSON object. Exit code 1 where anything fails.
 */
import { IsolationLevel } from '@mikro-orm/postgresql';
import { defineCommand, runMain } from 'citty';
import { CONSENT_CHECKS } from '../consent/checks.ts';
import { type Check, examine, type Finding } from '../db/check.ts';
import { LOYALTY_CHECKS } from '../loyalty/checks.ts';
import { withDatabase } from './with-database.ts';

const CHECKS: readonly Check[] = [...CONSENT_CHECKS, ...LOYALTY_CHECKS];
const SHOWN = 10;

/** One instant for all checks. */
const SNAPSHOT = { isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true } as const;

const doctor = defineCommand({
  meta: { name: 'doctor', description: 'Look whether all holds that must hold in the database.' },
  args: { json: { type: 'boolean', default: false, description: 'end with one JSON object' } },
  run: ({ args }) =>
    withDatabase(async (em) => {
      const findings = await em.transactional((tx) => examine(tx, CHECKS), SNAPSHOT);
      for (const finding of findings) print(finding);
      const failed = findings.filter(({ ok }) => !ok).length;
      console.log(
        failed === 0 ? `All ${findings.length} checks hold.` : `${failed} of ${findings.length} checks FAILED.`,
      );
      if (args.json) console.log(JSON.stringify({ ok: failed === 0, failed, checks: findings }));
      process.exitCode = failed === 0 ? 0 : 1;
    }),
});

function print({ what, ok, found }: Finding): void {
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${what}`);
  for (const each of found.slice(0, SHOWN)) console.log(`          ${each}`);
  if (found.length > SHOWN) console.log(`          … and ${found.length - SHOWN} more`);
}

await runMain(doctor);
