/**
 * What an idle subscription costs its server: the process before the crowd and with it, garbage collected both times.
 * Some subscribers came first, so that what is paid once a process is paid already. Kernel buffers are not in it.
 */
import { chosenPeers, openArena } from './arena.ts';
import type { Benchmark } from './benchmark.ts';
import type { Contestant, PeerName } from './contestant.ts';
import { rounded } from './figures.ts';
import type { Usage } from './process/child.ts';

const SOCKETS = 5_000;
/** The first comers. */
const FIRST = 160;
const KIB = 1_024;
const CONTESTANTS: readonly PeerName[] = ['raw', 'yoga', 'mercurius', 'graphql-subscriptions', 'socket.io'];

export const run: Benchmark = async (say, options) => {
  const sockets = options.sockets ?? SOCKETS;
  const first = Math.min(FIRST, sockets);
  const arena = await openArena(sockets + first, chosenPeers(options, CONTESTANTS), { joining: first });
  try {
    const figures: Record<string, ReturnType<typeof perSubscription>> = {};
    for (const contestant of [arena.ours, ...arena.peers]) {
      const before = await contestant.server.usage(true);
      await contestant.join(sockets);
      await settle(contestant);
      const after = await contestant.server.usage(true);
      figures[contestant.name] = perSubscription(before, after, sockets);
    }
    const ours = figures.ours!;
    const ratios = Object.fromEntries(
      Object.entries(figures)
        .filter(([name]) => name !== 'ours')
        .map(([name, { rssKiB }]) => [name, rounded(rssKiB / ours.rssKiB)]),
    );
    say(`an idle subscription, of ${sockets}:`);
    for (const [name, { rssKiB, heapKiB, externalKiB }] of Object.entries(figures)) {
      say(
        `  ${name.padEnd(22)} ${rssKiB} KiB of the process, ${heapKiB} of them heap, ${externalKiB} buffers outside it`,
      );
    }
    return { sockets, ratios, figures };
  } finally {
    await arena.close();
  }
};

/** One event tells that everyone is there; what it left behind is garbage. */
const settle = (contestant: Contestant): Promise<void> => contestant.settle();

function perSubscription(before: Usage, after: Usage, sockets: number) {
  const of = (key: keyof Usage) => rounded((after[key] - before[key]) / sockets / KIB);
  return { rssKiB: of('rssBytes'), heapKiB: of('heapBytes'), externalKiB: of('externalBytes') };
}
