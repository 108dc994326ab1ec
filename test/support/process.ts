/** Tightrope as its users run it: child processes with settings of their own, and a data directory for them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Answer } from './server.ts';

type Settings = Record<string, string>;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** The first match on standard output; fails when the process ends without one. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
}

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** What the machine or the test runner may have set, and a user's shell would not have. */
const OURS =
  /^(NODE_ENV|NODE_OPTIONS|VITEST.*|PORT|HOST|.*_URL|DATA_DIR|JWT_.*|MASTER_KEY|LOG_LEVEL|ALLOWED_ORIGINS|GRAPHIQL|INTROSPECTION|DEMO|COST_PER_.*|.*_PER_VIEWER|TRUSTED_PROXIES)$/;

/** Those that have not ended: a test that fails may have left them. */
const running = new Set<ChildProcess>();

export function startProcess(file: string, args: readonly string[], settings: Settings = {}): Running {
  const inherited = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  const env = { ...Object.fromEntries(inherited), ...settings };
  const child = spawn(file, args, { cwd: PROJECT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.on('exit', () => running.delete(child));
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, out: out.trim(), err: err.trim() })),
  );
  const said = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(out);
      if (found) return found;
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`It ended, having said: ${out}${err}`);
      await sleep(20);
    }
  };
  return { child, ended, said };
}

/** One of the project's programs, such as `src/cli/operator.ts`. */
export const startProgram = (program: string, args: readonly string[], settings: Settings): Running =>
  startProcess(process.execPath, [program, ...args], settings);

export const runProgram = (program: string, args: readonly string[], settings: Settings): Promise<Ended> =>
  startProgram(program, args, settings).ended;

export interface ServerProcess extends Running {
  readonly url: string;
  readonly databaseUrl: string;
  /** As printed: who, and the token. */
  readonly tokens: ReadonlyMap<string, string>;
  ask(token: string | null, query: string, variables?: Record<string, unknown>): Promise<Answer>;
}

/** `npm start`, once it has said where to go. */
export async function startServerProcess(settings: Settings): Promise<ServerProcess> {
  const server = startProgram('src/main.ts', [], { PORT: '0', LOG_LEVEL: 'warn', ...settings });
  const { input: out } = await server.said(/GraphiQL[\s\S]*^DEVICE .*\n\S+\n/m);
  const url = /GraphiQL\s+(\S+)\/graphql/.exec(out)![1]!;
  const tokens = [...out.matchAll(/^([A-Z]+ [\w-]+): .*\n(\S+)$/gm)].map(([, who, token]) => [who!, token!] as const);
  return {
    ...server,
    url,
    databaseUrl: /Database\s+(\S+)/.exec(out)![1]!,
    tokens: new Map(tokens),
    ask: async (token, query, variables) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as Answer;
    },
  };
}

export interface DataDirectory {
  readonly path: string;
  /** Inside it. */
  file(...names: string[]): string;
  /** The process id of the PostgreSQL that runs on it; null: none does. */
  postgres(): number | null;
  /** Ends what tests of this file have started and not ended, a PostgreSQL on it too, and removes it. */
  remove(): Promise<void>;
}

export async function makeDataDirectory(): Promise<DataDirectory> {
  const parent = await mkdtemp(join(tmpdir(), 'tightrope-start-'));
  // Not there yet, as for a user who starts for the first time.
  const path = join(parent, 'data');
  const file = (...names: string[]) => join(path, ...names);
  const postgres = () => {
    const pidFile = file('postgres', 'postmaster.pid');
    const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[0]) : 0;
    return pid > 0 ? pid : null;
  };
  return {
    path,
    file,
    postgres,
    remove: async () => {
      for (const child of running) child.kill('SIGKILL');
      await until(() => running.size === 0);
      const left = postgres();
      if (left !== null) signal(left, 'SIGINT');
      while (postgres() !== null && signal(left!, 0)) await sleep(50);
      await rm(parent, { recursive: true, force: true, maxRetries: 20 });
    },
  };
}

/** False: there is no such process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Looks again and again; the test's own time limit ends it. */
export async function until(condition: () => unknown): Promise<void> {
  while (!(await condition())) await sleep(20);
}
