/**
 * The same nested query over HTTP, asked again and again over kept connections: answers a second and CPU per million,
 * ours against its peers, taking turns. Once with all rows in memory, where only the way and the execution differ; and
 * once over PostgreSQL, where ours is the whole application and its peers read the same rows by keys gathered in a tick.
 * Ours has all of its limits on, each connection being a caller of its own; peers do what they do by default.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { connectOrm } from '../src/db/orm.ts';
import type { Benchmark, Options } from './benchmark.ts';
import { inWords, ratio, rounded, type Spread, spread } from './figures.ts';
import { sowSeason } from './http/schedule.ts';
import type { SourceName } from './http/sources.ts';
import { interleave } from './interleave.ts';
import { Child } from './process/child.ts';
import { postgresCpuMs } from './process/postgres-cpu.ts';

const ROUNDS = 5;
const CONNECTIONS = 32;
const REQUESTS = 6_000;
/** Over PostgreSQL they are so many times fewer. */
const SLOWER: Record<SourceName, number> = { memory: 1, postgres: 12 };
/** Before the first round: engines compile what is called often. */
const WARM_UPS = 2;
const PEERS = ['mercurius', 'yoga', 'apollo'] as const;
const CONTESTANTS: Record<SourceName, readonly string[]> = {
  memory: ['ours', ...PEERS, 'null'],
  postgres: ['application', 'ours', ...PEERS],
};
const SERVER = new URL('./http/servers/main.ts', import.meta.url);
const LOAD = new URL('./http/load.ts', import.meta.url);
const PRODUCTION = { NODE_ENV: 'production', NODE_NO_WARNINGS: '1' };

export const run: Benchmark = async (say, options) => {
  const memory = await measure('memory', say, options, {}, () => 0);
  const dataDir = await mkdtemp(join(tmpdir(), 'tightrope-bench-'));
  const database = await startEmbeddedPostgres({ dataDir });
  try {
    await migrate(database.url);
    const orm = await connectOrm(database.url);
    await sowSeason(orm.em.fork());
    await orm.close();
    const env = { DATABASE_URL: database.url };
    return { memory, postgres: await measure('postgres', say, options, env, () => postgresCpuMs(dataDir)) };
  } finally {
    await database.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
};

interface Round {
  readonly requests: number;
  readonly seconds: number;
  readonly serverCpuMs: number;
  readonly databaseCpuMs: number;
  readonly loadCpuMs: number;
}

async function measure(
  source: SourceName,
  say: (line: string) => void,
  options: Options,
  env: Record<string, string>,
  databaseCpuMs: () => number,
) {
  const names = CONTESTANTS[source].filter((name) => isAsked(name, options));
  const requests = Math.ceil((options.events ?? REQUESTS) / SLOWER[source]);
  const load = new Child(LOAD, [], PRODUCTION);
  const servers = new Map(names.map((name) => [name, new Child(SERVER, [name, source], { ...PRODUCTION, ...env })]));
  const ports = new Map<string, number>();
  try {
    for (const [name, server] of servers) {
      const port = await server.ask<number>('listen');
      ports.set(name, port);
      await load.ask('begin', { port, connections: options.sockets ?? CONNECTIONS });
      for (let time = 0; time < WARM_UPS; time += 1) await load.ask('run', { port, requests });
    }
    await compare(load, ports);
    const rounds = await interleave(names, options.rounds ?? ROUNDS, async (name): Promise<Round> => {
      const read = async () => {
        const [server, generator] = await Promise.all([servers.get(name)!.usage(), load.usage()]);
        return { server: server.cpuMs, load: generator.cpuMs, database: databaseCpuMs() };
      };
      const before = await read();
      const milliseconds = await load.ask<number>('run', { port: ports.get(name)!, requests });
      const after = await read();
      return {
        requests,
        seconds: milliseconds / 1_000,
        serverCpuMs: after.server - before.server,
        databaseCpuMs: after.database - before.database,
        loadCpuMs: after.load - before.load,
      };
    });
    return summarize(source, rounds, say);
  } finally {
    await Promise.all([load, ...servers.values()].map((child) => child.stop()));
  }
}

/** Ourselves, and whoever else is asked for. */
const isAsked = (name: string, { peers }: Options) =>
  name === 'ours' || name === 'application' || !peers || peers.includes(name);

/** Ids and cursors are each server's own; all else must be the same. @throws Error where it is not. */
async function compare(load: Child, ports: ReadonlyMap<string, number>): Promise<void> {
  let expected: string | null = null;
  for (const [name, port] of ports) {
    const body = await load.ask<string>('sample', { port });
    const own = (key: string, value: unknown) => (['id', 'cursor', 'endCursor'].includes(key) ? '' : value);
    const data = JSON.stringify(JSON.parse(body).data, own);
    expected ??= data;
    if (data !== expected) throw new Error(`${name} answers ${body.slice(0, 500)}`);
  }
}

interface Figures {
  readonly perSecond: Spread;
  readonly cpuPerMillion: Spread;
  readonly databaseCpuPerMillion: Spread;
  /** Of one core. */
  readonly loadShare: number;
}

function summarize(source: SourceName, rounds: Record<string, Round[]>, say: (line: string) => void) {
  const figures = Object.fromEntries(
    Object.entries(rounds).map(([name, those]): [string, Figures] => [
      name,
      {
        perSecond: spread(those.map(({ requests, seconds }) => requests / seconds)),
        cpuPerMillion: spread(those.map(({ requests, serverCpuMs }) => (serverCpuMs * 1_000) / requests)),
        databaseCpuPerMillion: spread(those.map(({ requests, databaseCpuMs }) => (databaseCpuMs * 1_000) / requests)),
        loadShare: rounded(sum(those, 'loadCpuMs') / (sum(those, 'seconds') * 1_000)),
      },
    ]),
  );
  say(source === 'memory' ? 'Rows in memory:' : 'Rows in PostgreSQL:');
  for (const [name, { perSecond, cpuPerMillion, databaseCpuPerMillion, loadShare }] of Object.entries(figures)) {
    const database = databaseCpuPerMillion.median > 0 ? `, and PostgreSQL ${inWords(databaseCpuPerMillion)}` : '';
    say(
      `  ${name.padEnd(12)} ${inWords(perSecond)} answers/s; ${inWords(cpuPerMillion)} CPU s per million${database}; load generator ${Math.round(loadShare * 100)} %`,
    );
  }
  const own = ['ours', 'application'].filter((name) => figures[name]);
  const ratios = Object.fromEntries(
    own.map((mine) => [
      mine,
      Object.fromEntries(
        PEERS.filter((name) => figures[name]).map((name) => [
          name,
          {
            perSecond: ratio(figures[mine]!.perSecond, figures[name]!.perSecond),
            cpu: ratio(figures[name]!.cpuPerMillion, figures[mine]!.cpuPerMillion),
          },
        ]),
      ),
    ]),
  );
  for (const [mine, against] of Object.entries(ratios)) {
    for (const [name, { perSecond, cpu }] of Object.entries(against)) {
      say(`  ${mine} against ${name}: ${perSecond} x the answers a second, ${cpu} x less CPU`);
    }
  }
  return { ratios, figures };
}

const sum = (rounds: readonly Round[], key: keyof Round) => rounds.reduce((total, round) => total + round[key], 0);
