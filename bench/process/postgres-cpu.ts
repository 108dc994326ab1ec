/** What an embedded PostgreSQL has computed so far, all of its processes together; from /proc, 0 where there is none. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of Linux, and the same on every machine that Node runs on. */
const TICKS_PER_SECOND = 100;

/** In milliseconds. `dataDir` is where it was started. */
export function postgresCpuMs(dataDir: string): number {
  try {
    const postmaster = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
    let ticks = 0;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      ticks += ticksOf(Number(pid), postmaster);
    return (ticks * 1_000) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** Its own, and for the postmaster also those of its children that have ended. */
function ticksOf(pid: number, postmaster: number): number {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return 0;
  }
  // After the name in parentheses: state, parent, …; user and system time, and those of ended children.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent, user, system, childrenUser, childrenSystem] = [1, 11, 12, 13, 14].map((place) => fields[place] ?? 0);
  if (pid === postmaster) return user! + system! + childrenUser! + childrenSystem!;
  return parent === postmaster ? user! + system! : 0;
}
