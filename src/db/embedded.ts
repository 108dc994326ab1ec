/**
 * An embedded PostgreSQL in a data directory: initialised once, started when nobody has, shared by every process that
 * asks, stopped by the last one to leave. A server that a killed parent left behind is found and used; one that was
 * killed under its users is started again by them, at its old address.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { KEEPER, Keeper } from './keeper.ts';
import { EmbeddedPostgresError, findPrograms, type Programs } from './postgres-binaries.ts';
import { addressOf, type Cluster, findOrStart, shutDown } from './postmaster.ts';
import { withStartLock } from './start-lock.ts';

export { EmbeddedPostgresError };

export interface EmbeddedPostgres {
  readonly url: string;
  /** Lets go; the last one to do so stops the server. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  dataDir: string;
  /** Server settings, such as `{ fsync: 'off' }` for tests. */
  settings?: Readonly<Record<string, string>>;
}

const MAJOR = '18';
/** How long a connection that was closed may take to be gone from the server's list. */
const LEAVING_MS = 2_000;
const GROWING = 'postgres.new-';

/** @throws EmbeddedPostgresError, with the end of the server's log. */
export async function startEmbeddedPostgres({ dataDir, settings = {} }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const path = join(dataDir, 'postgres');
  return withStartLock(dataDir, async () => {
    const programs = findPrograms();
    initialise(programs, dataDir, path);
    const password = readFileSync(join(dataDir, 'postgres-password'), 'utf8');
    const cluster: Cluster = { programs, dataDir, path, password, settings };
    const port = await findOrStart(cluster);
    await createDatabase(addressOf(cluster, port, 'postgres'));
    const url = addressOf(cluster, port, 'tightrope');
    const revive = async () => {
      // Whoever has cleared the directory away does not want it back.
      if (existsSync(path)) await withStartLock(dataDir, () => findOrStart(cluster));
      else throw new EmbeddedPostgresError(`${path} is gone.`);
    };
    // While it is connected, nobody else takes the server for unused.
    const keeper = await Keeper.start(url, revive);
    return {
      url,
      stop: async () => {
        await keeper.rest();
        await withStartLock(dataDir, async () => {
          await keeper.end();
          if (!(await isUsed(url))) await shutDown(cluster);
        });
      },
    };
  });
}

/**
 * Into a directory of its own first: a half-made cluster is never mistaken for one, and an initdb whose parent was
 * killed, which clears away what it could not finish, clears away only its own.
 */
function initialise(programs: Programs, dataDir: string, cluster: string): void {
  clearAway(dataDir);
  if (existsSync(join(cluster, 'PG_VERSION'))) {
    const found = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
    if (found === MAJOR) return;
    throw new EmbeddedPostgresError(
      `${cluster} was made by PostgreSQL ${found}; this is ${MAJOR}. Choose another DATA_DIR.`,
    );
  }
  const growing = mkdtempSync(join(dataDir, GROWING));
  const passwordFile = join(dataDir, 'postgres-password');
  writeFileSync(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  programs.own(growing);
  programs.own(passwordFile);
  const { file, args, options } = programs.command('initdb', [
    `--pgdata=${growing}`,
    '--username=tightrope',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--locale=C.UTF-8',
  ]);
  try {
    execFileSync(file, args, { ...options, stdio: 'pipe' } as never);
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    const reason = stderr?.toString().trim() || message;
    throw new EmbeddedPostgresError(
      `The database in ${dataDir} could not be made: ${reason}\nChoose another DATA_DIR, or set DATABASE_URL.`,
    );
  }
  renameSync(growing, cluster);
}

/** What killed processes left half-made. One that is still being written to is left to the next time. */
function clearAway(dataDir: string): void {
  for (const left of readdirSync(dataDir).filter((name) => name.startsWith(GROWING))) {
    try {
      rmSync(join(dataDir, left), { recursive: true, force: true });
    } catch {}
  }
}

/**
 * Whether anybody else is connected. Another's keeper says so at once; any other connection may be one of our own, on
 * its way out. Asked over a new connection, for the keeper's may have been lost.
 */
async function isUsed(url: string): Promise<boolean> {
  const deadline = performance.now() + LEAVING_MS;
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    for (;;) {
      const { rows } = await client.query(
        `select count(*) > 0 as others, coalesce(bool_or(application_name = $1), false) as keepers
         from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
        [KEEPER],
      );
      if (!rows[0].others) return false;
      if (rows[0].keepers || performance.now() > deadline) return true;
      await sleep(20);
    }
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = 'tightrope'");
    if (rowCount === 0) await client.query('create database tightrope');
  } finally {
    await client.end();
  }
}
