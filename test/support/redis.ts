/** A real Redis of a test's own, that can be paused, killed and started again; or, for what harms nobody, that of REDIS_URL. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe } from 'vitest';

const PROGRAM = ['redis-server', 'valkey-server'].find(isInstalled);
const { CI, REDIS_URL } = process.env;

/** Skipped where there is neither a program nor a URL; never in CI, where they fail instead. */
export const describeWithRedis = describe.skipIf(!CI && !PROGRAM && !REDIS_URL);
/** The same for tests that pause or kill it. */
export const describeWithRedisServer = describe.skipIf(!CI && !PROGRAM);

export interface TestRedis {
  readonly url: string;
  /** Ends every connection but the one that asks. */
  killConnections(): Promise<void>;
  close(): Promise<void>;
}

export interface RedisProcess extends TestRedis {
  pause(): void;
  resume(): void;
  /** At once, and everything that it had is gone. */
  kill(): Promise<void>;
  /** At the same URL, once it answers. */
  start(): Promise<void>;
}

/** A server of the test's own where there is one to start. */
export async function startRedis(): Promise<TestRedis> {
  if (PROGRAM || !REDIS_URL) return startRedisProcess();
  return { url: REDIS_URL, killConnections: () => killConnections(REDIS_URL), close: async () => {} };
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export async function startRedisProcess(): Promise<RedisProcess> {
  if (!PROGRAM) throw new Error('There is no redis-server and no valkey-server to start.');
  const port = await findFreePort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess;
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  const start = async () => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    child = spawn(PROGRAM, args, { stdio: 'ignore' });
    running.add(child);
    child.once('exit', () => running.delete(child));
    while (!(await answers(url))) {
      if (child.exitCode !== null) throw new Error(`${PROGRAM} ended with ${child.exitCode}.`);
      await sleep(20);
    }
  };
  await start();
  return {
    url,
    killConnections: () => killConnections(url),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill,
    start,
    close: kill,
  };
}

async function answers(url: string): Promise<boolean> {
  return withRedis(url, async (redis) => (await redis.ping()) === 'PONG').catch(() => false);
}

const killConnections = (url: string): Promise<void> =>
  withRedis(url, async (redis) => {
    for (const type of ['normal', 'pubsub']) await redis.call('client', 'kill', 'type', type, 'skipme', 'yes');
  });

async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null as never, maxRetriesPerRequest: 0 });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
