/** One process at a time starts or stops the embedded server. A lock whose owner is gone is taken over. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgresError } from './postgres-binaries.ts';

const PATIENCE_MS = 60_000;
/** Between making the lock and signing it lie microseconds; one that stays unsigned was left by a killed process. */
const UNSIGNED_MS = 5_000;

export async function withStartLock<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const path = join(dataDir, 'start.lock');
  await take(dataDir, path);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

async function take(dataDir: string, path: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  try {
    mkdirSync(dataDir, { recursive: true });
    while (!tryToTake(path)) {
      if (performance.now() > deadline) throw new Error(`process ${owner(path)?.pid} holds ${path} and does not end`);
      await sleep(30);
    }
  } catch (error) {
    throw new EmbeddedPostgresError(`DATA_DIR: ${dataDir} cannot be used: ${(error as Error).message}`);
  }
}

function tryToTake(path: string): boolean {
  try {
    writeFileSync(path, `${process.pid} ${bornAt(process.pid)}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (isStale(path)) rmSync(path, { force: true });
    return false;
  }
}

function isStale(path: string): boolean {
  const found = owner(path);
  if (found) return !isAlive(found.pid) || !['', found.born].includes(bornAt(found.pid));
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && Date.now() - made > UNSIGNED_MS;
}

function owner(path: string): { pid: number; born: string } | null {
  try {
    const [pid, born = ''] = readFileSync(path, 'utf8').split(' ');
    return Number(pid) > 0 ? { pid: Number(pid), born } : null;
  } catch {
    return null;
  }
}

/** A number may be another process's by now, in a container even our own. Where /proc tells; elsewhere it counts alone. */
function bornAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')')).split(' ')[20] ?? '';
  } catch {
    return '';
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
