/**
 * Withdrawals per second, each a whole mutation over HTTP with its receipt and its barrier, by 1, 8 and 64 clients at
 * once; on one node, and on three that all have to acknowledge. Embedded PostgreSQL with its default durability.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphQLClient } from '../gameday/client.ts';
import { inParallel } from '../gameday/random.ts';
import { Cluster } from '../gameday/server.ts';
import { issueDevelopmentToken } from '../src/identity/development-issuer.ts';
import type { Benchmark } from './benchmark.ts';

const CLIENTS = [1, 8, 64];
const EACH = 400;

export const run: Benchmark = async (say) => ({
  oneNode: await measure(1, say),
  threeNodes: await measure(3, say),
});

async function measure(nodes: number, say: (line: string) => void): Promise<Record<string, number>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tightrope-bench-'));
  process.env.DATA_DIR = dataDir;
  const cluster = await Cluster.start(nodes);
  const figures: Record<string, number> = {};
  try {
    const client = new GraphQLClient(() => cluster.urls);
    const { data } = await client.ask(null, '{ currentPolicy { version } }', {});
    for (const clients of CLIENTS) {
      const tokens = await enroll(client, `w-${clients}`, data.currentPolicy.version);
      const began = performance.now();
      let at = 0;
      await inParallel(tokens, clients, async (token) => {
        at += 1;
        await client.at(at).must(token, 'withdrawConsent', { scopes: ['LOYALTY'] });
      });
      const perSecond = Math.round((EACH * 1_000) / (performance.now() - began));
      figures[`by${clients}`] = perSecond;
      say(`${nodes} node(s), ${clients} client(s): ${perSecond} withdrawals a second`);
    }
    return figures;
  } finally {
    await cluster.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function enroll(client: GraphQLClient, prefix: string, policyVersion: string): Promise<string[]> {
  const tokens = await Promise.all(
    Array.from({ length: EACH }, (_, place) => issueDevelopmentToken('FAN', `${prefix}-${place}`)),
  );
  await inParallel(tokens, 16, async (token) => {
    await client.must(token, 'enrollFan', { displayName: 'Fan', policyVersion });
  });
  return tokens;
}
