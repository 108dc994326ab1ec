/**
 * One event to every socket, and the next when the last socket has it: deliveries a second and CPU per million, ours
 * against its peers, taking turns. At 1,000 and 5,000 sockets, and at as many as the limit on open files allows.
 */
import { chosenPeers, openArena } from './arena.ts';
import type { Benchmark, Options } from './benchmark.ts';
import type { Contestant, PeerName, Round } from './contestant.ts';
import { PEERS } from './contestant.ts';
import { inWords, ratio, rounded, type Spread, spread } from './figures.ts';
import { interleave } from './interleave.ts';
import { mostSockets } from './limits.ts';

const ROUNDS = 5;
const DELIVERIES_PER_ROUND = 50_000;
/** `null` is the load generator's own limit. */
const CONTESTANTS: readonly PeerName[] = ['null', ...PEERS];

export const run: Benchmark = async (say, options) => {
  const sizes = options.sockets ? [options.sockets] : [1_000, 5_000, mostSockets()];
  const results: Record<string, unknown> = {};
  for (const sockets of sizes) results[`at${sockets}`] = await fanOut(sockets, 1, say, options);
  return results;
};

/** Of one size and so many events a tick. */
export async function fanOut(
  sockets: number,
  eventsPerTick: number,
  say: (line: string) => void,
  options: Options,
  contestants: readonly PeerName[] = CONTESTANTS,
): Promise<Record<string, unknown>> {
  const arena = await openArena(sockets, chosenPeers(options, contestants));
  try {
    const all: Record<string, Contestant> = Object.fromEntries(arena.peers.map((peer) => [peer.name, peer]));
    // One mutation announces one offer: there is no announcing four in a tick.
    const names = ['ours', ...Object.keys(all), ...(eventsPerTick === 1 ? ['oursAnnounced'] : [])];
    const ticks = Math.max(2, Math.round((options.events ?? DELIVERIES_PER_ROUND / sockets) / eventsPerTick));
    const rounds = await interleave(names, options.rounds ?? ROUNDS, async (name) => {
      arena.ours.announces = name === 'oursAnnounced';
      // Announcing is PostgreSQL's work more than ours: fewer of them say as much.
      const announced = Math.max(2, Math.round(ticks / 4));
      return (all[name] ?? arena.ours).measure(arena.ours.announces ? announced : ticks, eventsPerTick);
    });
    const figures = Object.fromEntries(names.map((name) => [name, summarize(rounds[name]!)]));
    say(`${sockets} sockets, ${eventsPerTick === 1 ? 'one event' : `${eventsPerTick} events`} a tick:`);
    for (const [name, { perSecond, cpuPerMillion, bytes, loadShare }] of Object.entries(figures)) {
      say(
        `  ${name.padEnd(22)} ${inWords(perSecond)} deliveries/s; ${inWords(cpuPerMillion)} CPU s per million; ${bytes} bytes; load generator ${Math.round(loadShare * 100)} %`,
      );
    }
    const ours = figures.ours!;
    const ratios = Object.fromEntries(
      Object.keys(all)
        .filter((name) => name !== 'null')
        .map((name) => [
          name,
          {
            perSecond: ratio(ours.perSecond, figures[name]!.perSecond),
            cpu: ratio(figures[name]!.cpuPerMillion, ours.cpuPerMillion),
          },
        ]),
    );
    for (const [name, { perSecond, cpu }] of Object.entries(ratios)) {
      say(`  ours against ${name}: ${perSecond} x the deliveries a second, ${cpu} x less CPU`);
    }
    return { sockets, eventsPerTick, ratios, figures };
  } finally {
    await arena.close();
  }
}

export interface Figures {
  readonly perSecond: Spread;
  readonly cpuPerMillion: Spread;
  readonly bytes: number;
  /** Of one core, while events were under way. */
  readonly loadShare: number;
}

function summarize(rounds: readonly Round[]): Figures {
  const [deliveries, bytes] = [sum(rounds, 'deliveries'), sum(rounds, 'bytes')];
  return {
    perSecond: spread(rounds.map((round) => round.deliveries / round.seconds)),
    cpuPerMillion: spread(rounds.map((round) => (round.serverCpuMs * 1_000) / round.deliveries)),
    bytes: Math.round(bytes / deliveries),
    loadShare: rounded(sum(rounds, 'loadCpuMs') / (sum(rounds, 'seconds') * 1_000)),
  };
}

const sum = (rounds: readonly Round[], key: keyof Round): number =>
  rounds.reduce((total, round) => total + round[key], 0);
