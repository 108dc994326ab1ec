/** The server process on a cluster: found where one runs, started where none does, and shut down. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { EmbeddedPostgresError, type Programs } from './postgres-binaries.ts';
import { isAlive } from './start-lock.ts';

const START_MS = 30_000;
const SETTINGS = { max_connections: '200', timezone: 'UTC', shared_buffers: '256MB', unix_socket_directories: '' };

export interface Cluster {
  readonly programs: Programs;
  readonly dataDir: string;
  /** The cluster's own directory, within. */
  readonly path: string;
  readonly password: string;
  readonly settings: Readonly<Record<string, string>>;
}

export const addressOf = ({ password }: Cluster, port: number, database: string): string =>
  `postgres://tightrope:${password}@127.0.0.1:${port}/${database}`;

/** The port of the server that runs on it once it answers: found, or started now. @throws EmbeddedPostgresError. */
export async function findOrStart(cluster: Cluster): Promise<number> {
  // Whoever lost it to a kill -9 looks for it where it was.
  const last = readPidFile(cluster.path)?.port ?? null;
  return (await findRunning(cluster)) ?? (await start(cluster, last));
}

/** The port of a server that runs on this cluster, once it answers. */
async function findRunning(cluster: Cluster): Promise<number | null> {
  const { path } = cluster;
  const deadline = performance.now() + START_MS;
  for (;;) {
    const running = readPidFile(path);
    if (!running || !isAlive(running.pid) || !isPostgres(running.pid)) break;
    if (running.port !== null && (await answers(cluster, running.port))) return running.port;
    if (performance.now() > deadline) {
      throw new EmbeddedPostgresError(`Process ${running.pid} holds ${path} and does not answer. End it, or wait.`);
    }
    await sleep(50);
  }
  // Its owner is gone, and its number may be another process's by now.
  rmSync(join(path, 'postmaster.pid'), { force: true });
  return null;
}

async function start(cluster: Cluster, last: number | null): Promise<number> {
  const { programs, dataDir, path, settings } = cluster;
  const port = (last && (await findPort(last).catch(() => null))) || (await findPort(0));
  const log = join(dataDir, 'postgres.log');
  const all = { ...SETTINGS, listen_addresses: '127.0.0.1', port: String(port), ...settings };
  const { file, args, options } = programs.command('postgres', [
    '-D',
    path,
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    const output = openSync(log, 'a', 0o600);
    // In a session of its own: Ctrl-C in the terminal is for us, not for the database.
    const child = spawn(file, args, { ...options, detached: true, stdio: ['ignore', output, output] });
    closeSync(output);
    child.unref();
    const ended = new Promise<'ended'>((resolve) =>
      child.once('exit', () => resolve('ended')).once('error', () => resolve('ended')),
    );
    for (let outcome: string | undefined; outcome !== 'ended' && performance.now() < deadline; ) {
      if (await answers(cluster, port)) return port;
      outcome = (await Promise.race([ended, sleep(20)])) as string | undefined;
    }
    // After a kill -9 of the server its children hold the shared memory for a moment.
    if (!/pre-existing shared memory block/.test(endOf(log))) break;
    await sleep(200);
  }
  throw new EmbeddedPostgresError(`PostgreSQL does not start in ${dataDir}:\n${endOf(log)}`);
}

export async function shutDown({ path }: Cluster): Promise<void> {
  const running = readPidFile(path);
  if (!running || !isAlive(running.pid)) return;
  process.kill(running.pid, 'SIGINT');
  const deadline = performance.now() + START_MS;
  while (isAlive(running.pid) && existsSync(join(path, 'postmaster.pid')) && performance.now() < deadline)
    await sleep(20);
}

async function answers(cluster: Cluster, port: number): Promise<boolean> {
  const client = new Client({ connectionString: addressOf(cluster, port, 'postgres') });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

function readPidFile(path: string): { pid: number; port: number | null } | null {
  try {
    const lines = readFileSync(join(path, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return pid > 0 ? { pid, port: Number(lines[3]) || null } : null;
  } catch {
    return null;
  }
}

/** Where /proc tells; elsewhere whoever lives under that number counts. */
function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').includes('postgres');
  } catch {
    return process.platform !== 'linux';
  }
}

/** This one, if it is free; for 0 any that is. */
function findPort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(wanted, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

const endOf = (log: string) =>
  existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-6).join('\n') : '';
