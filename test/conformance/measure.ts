/**
 * Both stacks side by side, each with databases of its own. Without a URL over a PostgreSQL of their own, since the cases
 * hold back what all its databases deliver; with one over that server, whatever else it carries.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { defaultStack } from './default-stack.ts';
import { type Outcome, runSuite, settleAll } from './run.ts';
import { tightrope } from './tightrope.ts';

export async function measure(
  tell: (outcome: Outcome) => void = () => {},
  databaseUrl: string | undefined = undefined,
): Promise<Outcome[]> {
  if (databaseUrl)
    return settleAll([tightrope(), defaultStack()].map((stack) => runSuite(stack, databaseUrl, { tell })));
  const dataDir = await mkdtemp(join(tmpdir(), 'tightrope-conformance-'));
  const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off', synchronous_commit: 'off' } });
  try {
    return await settleAll([tightrope(), defaultStack()].map((stack) => runSuite(stack, postgres.url, { tell })));
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
