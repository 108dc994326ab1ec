/** How many sockets one process may hold here: Node has raised its soft limit to the hard one; some files are its own. */
import { readFileSync } from 'node:fs';

const OTHER_FILES = 200;
const WHERE_UNKNOWN = 5_000;

export function mostSockets(): number {
  try {
    const limit = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit ? Number(limit) - OTHER_FILES : WHERE_UNKNOWN;
  } catch {
    return WHERE_UNKNOWN;
  }
}
