/**
 * Subscribers come while events flow: how many a second get in, and how long each waits from its first packet to its
 * first event, of which ten a second come. Those who are there already go on receiving every one of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../gameday/report.ts';
import { chosenPeers, openArena } from './arena.ts';
import type { Benchmark } from './benchmark.ts';
import type { Contestant, PeerName } from './contestant.ts';
import { inWords, ratio, rounded, type Spread, spread } from './figures.ts';
import { interleave } from './interleave.ts';

const SOCKETS = 500;
const ROUNDS = 3;
const EVERY_MS = 100;
/** How many flow at most. */
const EVENTS = 100;
const CONTESTANTS: readonly PeerName[] = ['raw', 'yoga', 'mercurius', 'graphql-subscriptions', 'socket.io'];

interface Joining {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMsPerJoin: number;
}

/** So many join in each round, on top of those of the rounds before. */
export const run: Benchmark = async (say, options) => {
  const sockets = options.sockets ?? SOCKETS;
  const rounds = options.rounds ?? ROUNDS;
  const seats = sockets * (rounds + 2);
  const arena = await openArena(seats, chosenPeers(options, CONTESTANTS), { joining: sockets });
  try {
    const all: Record<string, Contestant> = Object.fromEntries(
      [arena.ours, ...arena.peers].map((contestant) => [contestant.name, contestant]),
    );
    const joined = await interleave(Object.keys(all), rounds, (name) => ramp(all[name]!, sockets));
    const figures = Object.fromEntries(Object.entries(joined).map(([name, some]) => [name, summarize(some)]));
    say(`${sockets} subscribers join at once while ${1_000 / EVERY_MS} events a second flow:`);
    for (const [name, { perSecond, p50Ms, p99Ms, cpuMsPerJoin }] of Object.entries(figures)) {
      say(
        `  ${name.padEnd(22)} ${inWords(perSecond)} joins/s; first event after ${inWords(p50Ms)} ms, p99 ${inWords(p99Ms)}; ${inWords(cpuMsPerJoin)} CPU ms a join`,
      );
    }
    const ratios = Object.fromEntries(
      arena.peers.map(({ name }) => [name, ratio(figures.ours!.perSecond, figures[name]!.perSecond)]),
    );
    return { sockets, eventsPerSecond: 1_000 / EVERY_MS, ratios, figures };
  } finally {
    await arena.close();
  }
};

async function ramp(contestant: Contestant, sockets: number): Promise<Joining> {
  const events = Array.from({ length: EVENTS }, (_, place) => contestant.next + place);
  await contestant.prepare(events);
  let flowing = true;
  const flow = async () => {
    for (const event of events) {
      if (!flowing) return;
      contestant.next = event + 1;
      await contestant.publish([event]);
      await sleep(EVERY_MS);
    }
  };
  const before = await contestant.server.usage();
  const flowed = flow();
  const began = performance.now();
  await contestant.join(sockets);
  const delays = await contestant.load.ask<number[]>('joinDelays', { count: sockets, patienceMs: EVENTS * EVERY_MS });
  const seconds = (performance.now() - began) / 1_000;
  flowing = false;
  await flowed;
  const after = await contestant.server.usage();
  // The last event reaches everyone, and nobody has missed one since their first.
  await contestant.measure(1, 1);
  return {
    perSecond: sockets / seconds,
    p50Ms: percentile(delays, 0.5),
    p99Ms: percentile(delays, 0.99),
    cpuMsPerJoin: rounded((after.cpuMs - before.cpuMs) / sockets),
  };
}

function summarize(rounds: readonly Joining[]): Record<keyof Joining, Spread> {
  const of = (key: keyof Joining) => spread(rounds.map((round) => round[key]));
  return { perSecond: of('perSecond'), p50Ms: of('p50Ms'), p99Ms: of('p99Ms'), cpuMsPerJoin: of('cpuMsPerJoin') };
}
