/** One process at a time starts or stops the embedded server. A lock whose owner is gone is taken over. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

export async function withStartLock<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const path = join(dataDir, 'start.lock');
  mkdirSync(dataDir, { recursive: true });
  const deadline = performance.now() + PATIENCE_MS;
  while (!take(path)) {
    if (performance.now() > deadline) throw new Error(`${path} is held by process ${owner(path)}, which does not end.`);
    await sleep(30);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const pid = owner(path);
    if (pid !== null && !isAlive(pid)) rmSync(path, { force: true });
    return false;
  }
}

function owner(path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8')) || null;
  } catch {
    return null;
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
