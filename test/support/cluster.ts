/** A PostgreSQL of the test's own, whose files can be copied and put back, as an operator does who restores a backup. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { findPrograms } from '../../src/db/postgres-binaries.ts';
import { until } from './process.ts';

export interface Cluster {
  readonly url: string;
  start(): Promise<void>;
  /** In order, or as a crash does. */
  stop(how: 'SIGINT' | 'SIGKILL'): Promise<void>;
  /** As a snapshot of its volume; while it runs, too. */
  copy(name: string): void;
  /** Puts a copy in its place, while it is stopped. */
  restore(name: string): void;
  remove(): Promise<void>;
}

export async function makeCluster(): Promise<Cluster> {
  const programs = findPrograms();
  const parent = mkdtempSync(join(tmpdir(), 'tightrope-cluster-'));
  const files = join(parent, 'postgres');
  programs.own(parent);
  const initdb = programs.command('initdb', ['-D', files, '-U', 'tightrope', '--auth=trust', '--no-sync']);
  execFileSync(initdb.file, initdb.args, { ...initdb.options, stdio: 'pipe' } as never);
  const port = await freePort();
  const address = (database: string) => `postgres://tightrope@127.0.0.1:${port}/${database}`;
  let running: ChildProcess | null = null;

  const start = async () => {
    const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
    const args = ['-D', files, ...settings.flatMap((setting) => ['-c', setting])];
    const { file, args: all, options } = programs.command('postgres', args);
    running = spawn(file, all, { ...options, stdio: 'ignore' });
    await until(() => answers(address('postgres')));
  };
  const stop = async (how: 'SIGINT' | 'SIGKILL') => {
    const child = running;
    running = null;
    if (!child) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(how);
    await ended;
    if (how === 'SIGKILL') rmSync(join(files, 'postmaster.pid'), { force: true });
  };
  await start();
  const admin = new Client({ connectionString: address('postgres') });
  await admin.connect();
  await admin.query('create database tightrope');
  await admin.end();
  const copyFiles = (from: string, to: string) => execFileSync('cp', ['-a', from, to]);
  return {
    url: address('tightrope'),
    start,
    stop,
    copy: (name) => {
      // The postmaster first: it makes no others then.
      const processes = running ? [running.pid!, ...childrenOf(running.pid!)] : [];
      for (const pid of processes) process.kill(pid, 'SIGSTOP');
      rmSync(join(parent, name), { recursive: true, force: true });
      copyFiles(files, join(parent, name));
      rmSync(join(parent, name, 'postmaster.pid'), { force: true });
      for (const pid of processes.reverse()) process.kill(pid, 'SIGCONT');
    },
    restore: (name) => {
      const lost = join(parent, 'lost');
      if (existsSync(lost)) rmSync(lost, { recursive: true });
      renameSync(files, lost);
      copyFiles(join(parent, name), files);
    },
    remove: async () => {
      await stop('SIGINT');
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
