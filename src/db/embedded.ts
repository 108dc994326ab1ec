/**
 * An embedded PostgreSQL in a data directory: initialised once, started when nobody has, shared by every process that
 * asks, stopped by the last one to leave. A server that a killed parent left behind is found and used.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { EmbeddedPostgresError, findPrograms, type Programs } from './postgres-binaries.ts';
import { isAlive, withStartLock } from './start-lock.ts';

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
const START_MS = 30_000;
/** How long a connection that was closed may take to be gone from the server's list. */
const LEAVING_MS = 2_000;
const KEEPER = 'tightrope keeper';
const GROWING = 'postgres.new-';
const SETTINGS = { max_connections: '200', timezone: 'UTC', shared_buffers: '256MB', unix_socket_directories: '' };

/** @throws EmbeddedPostgresError, with the end of the server's log. */
export async function startEmbeddedPostgres({ dataDir, settings = {} }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const cluster = join(dataDir, 'postgres');
  const { url, keeper } = await withStartLock(dataDir, async () => {
    const programs = findPrograms();
    initialise(programs, dataDir, cluster);
    const password = readFileSync(join(dataDir, 'postgres-password'), 'utf8');
    const port =
      (await findRunning(cluster, password)) ?? (await start(programs, dataDir, cluster, password, settings));
    await createDatabase(address(port, password, 'postgres'));
    const found = address(port, password, 'tightrope');
    // While it is connected, nobody else takes the server for unused.
    return { url: found, keeper: await connect(found) };
  });
  // It must not keep the process alive by itself, only while it is asked something.
  const { stream } = (keeper as unknown as { connection: { stream: Socket } }).connection;
  stream.unref();
  return {
    url,
    stop: () =>
      withStartLock(dataDir, async () => {
        stream.ref();
        await keeper.end().catch(() => {});
        if (!(await isUsed(url))) await shutDown(cluster);
      }),
  };
}

const address = (port: number, password: string, database: string) =>
  `postgres://tightrope:${password}@127.0.0.1:${port}/${database}`;

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: KEEPER });
  client.on('error', () => {});
  await client.connect();
  return client;
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

/** The port of a server that runs on this cluster, once it answers. */
async function findRunning(cluster: string, password: string): Promise<number | null> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const running = readPidFile(cluster);
    if (!running || !isAlive(running.pid) || !isPostgres(running.pid)) break;
    if (running.port !== null && (await answers(address(running.port, password, 'postgres')))) return running.port;
    if (performance.now() > deadline) {
      throw new EmbeddedPostgresError(`Process ${running.pid} holds ${cluster} and does not answer. End it, or wait.`);
    }
    await sleep(50);
  }
  // Its owner is gone, and its number may be another process's by now.
  rmSync(join(cluster, 'postmaster.pid'), { force: true });
  return null;
}

async function start(
  programs: Programs,
  dataDir: string,
  cluster: string,
  password: string,
  settings: Readonly<Record<string, string>>,
): Promise<number> {
  const port = await findFreePort();
  const log = join(dataDir, 'postgres.log');
  const all = { ...SETTINGS, listen_addresses: '127.0.0.1', port: String(port), ...settings };
  const { file, args, options } = programs.command('postgres', [
    '-D',
    cluster,
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
      if (await answers(address(port, password, 'postgres'))) return port;
      outcome = (await Promise.race([ended, sleep(20)])) as string | undefined;
    }
    // After a kill -9 of the server its children hold the shared memory for a moment.
    if (!/pre-existing shared memory block/.test(endOf(log))) break;
    await sleep(200);
  }
  throw new EmbeddedPostgresError(`PostgreSQL does not start in ${dataDir}:\n${endOf(log)}`);
}

async function shutDown(cluster: string): Promise<void> {
  const running = readPidFile(cluster);
  if (!running || !isAlive(running.pid)) return;
  process.kill(running.pid, 'SIGINT');
  const deadline = performance.now() + START_MS;
  while (isAlive(running.pid) && existsSync(join(cluster, 'postmaster.pid')) && performance.now() < deadline)
    await sleep(20);
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
  const client = await connect(url);
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = 'tightrope'");
    if (rowCount === 0) await client.query('create database tightrope');
  } finally {
    await client.end();
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await connect(url)).end();
    return true;
  } catch {
    return false;
  }
}

function readPidFile(cluster: string): { pid: number; port: number | null } | null {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
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

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

const endOf = (log: string) =>
  existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-6).join('\n') : '';
