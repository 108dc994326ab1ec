/**
 * Leaves a small stadium running for minutes while everything goes wrong that may, and judges every frame. Exit code 1
 * when anything was lost, repeated or leaked, when a heap rises, or when a node still holds something of a client that
 * has gone. With `--json` the last line on standard output is one object.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineCommand, runMain } from 'citty';
import { SingleBar } from 'cli-progress';
import { failPlainly } from '../src/cli/fail.ts';
import { DECIMAL, readNumber } from '../src/cli/read-number.ts';
import { Nodes } from './nodes.ts';
import { judge } from './oracle.ts';
import { REDIS_PROGRAM, startRedisProcess } from './redis-process.ts';
import { describe, isWrong, type Report, summarize } from './report.ts';
import { soak } from './run.ts';

const command = defineCommand({
  meta: { name: 'soak', description: 'Run for minutes while everything goes wrong, and judge every frame.' },
  args: {
    minutes: { type: 'string', default: '20', description: 'how long' },
    nodes: { type: 'string', default: '2', description: 'how many servers, over one database' },
    fans: { type: 'string', default: '60', description: 'how many listen all the time' },
    churn: { type: 'string', default: '200', description: 'subscriptions opened and closed a second' },
    seed: { type: 'string', description: 'to play the same chances again' },
    json: { type: 'boolean', default: false, description: 'end with one JSON object' },
  },
  async run({ args }) {
    try {
      const plan = {
        minutes: readNumber('--minutes', args.minutes, 0.1, 24 * 60, DECIMAL),
        count: readNumber('--nodes', args.nodes, 2, 8),
        fans: readNumber('--fans', args.fans, 10, 2_000),
        churn: readNumber('--churn', args.churn, 1, 10_000),
        seed: readNumber('--seed', args.seed ?? String(Date.now() % 1_000_000), 0, 2 ** 32 - 1),
      };
      const report = await run(plan);
      if (args.json) console.log(JSON.stringify(report));
      process.exitCode = isWrong(report) ? 1 : 0;
    } catch (error) {
      failPlainly(error);
    }
  },
});

async function run({
  count,
  ...plan
}: {
  minutes: number;
  count: number;
  fans: number;
  churn: number;
  seed: number;
}): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tightrope-soak-'));
  const redis = REDIS_PROGRAM ? await startRedisProcess() : null;
  const settings = {
    DATA_DIR: dataDir,
    DATABASE_URL: '',
    REDIS_URL: redis?.url ?? '',
    DRAIN_SECONDS: '2',
    LOG_LEVEL: 'fatal',
  };
  const bar = new SingleBar({ format: '{phase} [{bar}] {percentage} %', stream: process.stderr, hideCursor: true });
  try {
    const nodes = await Nodes.start(count, settings);
    try {
      bar.start(100, 0, { phase: 'starting' });
      const tick = (phase: string, share: number) => bar.update(Math.round(share * 100), { phase });
      const soaked = await soak({ ...plan, nodes, redis, tick });
      bar.stop();
      const verdict = judge(soaked.phones, soaked.announced);
      const report = summarize(plan.minutes, soaked, verdict, nodes.heaps);
      console.log(`${count} nodes ${redis ? 'and Redis' : 'without Redis'}, seed ${plan.seed}`);
      console.log(describe(report, soaked, verdict, nodes.heaps));
      return report;
    } finally {
      bar.stop();
      await nodes.stop();
    }
  } finally {
    await redis?.close();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 20 });
  }
}

await runMain(command);
