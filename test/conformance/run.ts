/** Plays every case against a stack, over both transports, each with a cluster of its own. */
import { type Stack, TRANSPORTS, type Transport } from './adapter.ts';
import { CASES, type Case } from './cases.ts';
import { NotApplicable, Stage } from './stage.ts';
import { connectTo } from './two-nodes.ts';

export type Verdict = 'passes' | 'leaks' | 'loses' | 'leaks and loses' | 'fails' | 'not applicable';

export interface Outcome {
  readonly stack: string;
  readonly name: string;
  readonly transport: Transport;
  readonly verdict: Verdict;
  /** What happened, for whoever looks for the cause. */
  readonly note: string;
}

interface Options {
  readonly cases?: readonly Case[];
  /** Hears of each outcome as it comes. */
  readonly tell?: (outcome: Outcome) => void;
}

/** Both transports at once. The databases are made in the server that `adminUrl` leads to. */
export async function runSuite(stack: Stack, adminUrl: string, options: Options = {}): Promise<Outcome[]> {
  return settleAll(
    TRANSPORTS.map(async (transport) => {
      const database = `conformance_${stack.name}_${transport}`.toLowerCase().replaceAll(/[^a-z]+/g, '_');
      return runOver(stack, await createDatabase(adminUrl, database), transport, options);
    }),
  );
}

/** One transport after the other, in that very database, beside whatever nodes and load it has. */
export async function runInPlace(stack: Stack, databaseUrl: string, options: Options = {}): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const transport of TRANSPORTS) outcomes.push(...(await runOver(stack, databaseUrl, transport, options)));
  return outcomes;
}

async function runOver(
  stack: Stack,
  databaseUrl: string,
  transport: Transport,
  { cases = CASES, tell = () => {} }: Options,
): Promise<Outcome[]> {
  const cluster = await stack.start(databaseUrl);
  const outcomes: Outcome[] = [];
  try {
    for (const one of cases) {
      const outcome = { stack: stack.name, ...(await play(one, new Stage(cluster, transport), transport)) };
      outcomes.push(outcome);
      tell(outcome);
    }
  } finally {
    await cluster.close();
  }
  return outcomes;
}

/** Waits for all of them, whatever happens to one. */
export async function settleAll(runs: readonly Promise<Outcome[]>[]): Promise<Outcome[]> {
  await Promise.allSettled(runs);
  return (await Promise.all(runs)).flat();
}

async function play({ name, play }: Case, stage: Stage, transport: Transport): Promise<Omit<Outcome, 'stack'>> {
  let problem: unknown = null;
  try {
    await play(stage);
  } catch (error) {
    problem = error;
  } finally {
    await stage.close();
  }
  const leaks = stage.judge.leaks();
  const losses = stage.lost.size;
  const verdict = judge(problem, leaks, losses);
  const note = [problem && String(problem), leaks && `${leaks} leaked`, losses && `${losses} lost`, ...stage.troubles];
  return { name, transport, verdict, note: verdict === 'passes' ? '' : note.filter(Boolean).join('; ') };
}

function judge(problem: unknown, leaks: number, losses: number): Verdict {
  if (problem instanceof NotApplicable) return 'not applicable';
  if (leaks > 0) return losses > 0 ? 'leaks and loses' : 'leaks';
  if (problem) return 'fails';
  return losses > 0 ? 'loses' : 'passes';
}

async function createDatabase(adminUrl: string, name: string): Promise<string> {
  const admin = await connectTo(adminUrl);
  await admin.query(`drop database if exists ${name} (force)`);
  await admin.query(`create database ${name}`);
  await admin.end();
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}
