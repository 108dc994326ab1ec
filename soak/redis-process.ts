/** A real Redis, or Valkey, in a process of its own, where one is installed. It can be cut off, paused, killed and started again. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** Undefined: there is none on this machine. */
export const REDIS_PROGRAM = ['redis-server', 'valkey-server'].find(isInstalled);

export interface RedisProcess {
  readonly url: string;
  /** Ends every connection but the one that asks. */
  killConnections(): Promise<void>;
  pause(): void;
  resume(): void;
  /** At once, and everything that it had is gone. */
  kill(): Promise<void>;
  /** At the same URL, once it answers. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export async function startRedisProcess(): Promise<RedisProcess> {
  if (!REDIS_PROGRAM) throw new Error('There is no redis-server and no valkey-server to start.');
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
    child = spawn(REDIS_PROGRAM, args, { stdio: 'ignore' });
    running.add(child);
    child.once('exit', () => running.delete(child));
    while (!(await answers(url))) {
      if (child.exitCode !== null) throw new Error(`${REDIS_PROGRAM} ended with ${child.exitCode}.`);
      await sleep(20);
    }
  };
  await start();
  return {
    url,
    killConnections: () => cutConnections(url),
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

export const cutConnections = (url: string): Promise<void> =>
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
