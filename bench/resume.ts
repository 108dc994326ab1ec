/**
 * Everyone's connection is cut, so many events are missed, and everyone comes back at once with the cursor of the last
 * event they have: how long until the last of them has all that was missed, in order and each once. No peer resumes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openArena } from './arena.ts';
import type { Benchmark } from './benchmark.ts';
import { inWords, rounded, spread } from './figures.ts';
import type { Counts } from './load/main.ts';

const SOCKETS = 5_000;
const ROUNDS = 3;
const MISSED = 20;
const PATIENCE_MS = 300_000;
/** The server hears of sockets that are gone. */
const GONE_MS = 1_000;

export const run: Benchmark = async (say, options) => {
  const sockets = options.sockets ?? SOCKETS;
  const missed = options.events ?? MISSED;
  const rounds = options.rounds ?? ROUNDS;
  const { ours, close } = await openArena(sockets, [], { keepsCursors: true });
  try {
    const [seconds, perSecond, cpuMs]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < rounds; round += 1) {
      await ours.load.ask('cut');
      await sleep(GONE_MS);
      const events = Array.from({ length: missed }, (_, place) => ours.next + place);
      ours.next += missed;
      await ours.prepare(events);
      await ours.publish(events);
      await sleep(GONE_MS);

      const before = { counts: await ours.load.ask<Counts>('counts'), usage: await ours.server.usage() };
      await ours.load.ask('aim', events.at(-1));
      const { fromMs } = await ours.load.ask<{ fromMs: number }>('resume');
      const arrivedMs = await ours.load.ask<number | null>('arrival', PATIENCE_MS);
      const after = { counts: await ours.load.ask<Counts>('counts'), usage: await ours.server.usage() };
      const deliveries = after.counts.frames - before.counts.frames;
      if (arrivedMs === null || deliveries !== missed * sockets || after.counts.faultCount > 0) {
        throw new Error(`${deliveries} of ${missed * sockets} missed events came; ${after.counts.faults.join('; ')}`);
      }
      seconds.push((arrivedMs - fromMs) / 1_000);
      perSecond.push(deliveries / ((arrivedMs - fromMs) / 1_000));
      cpuMs.push((after.usage.cpuMs - before.usage.cpuMs) / sockets);
      // And they go on listening.
      await ours.measure(1, 1);
    }
    const figures = { seconds: spread(seconds), perSecond: spread(perSecond), cpuMsPerSocket: spread(cpuMs) };
    say(`${sockets} sockets cut, ${missed} events missed, all back at once:`);
    say(`  everyone has everything after ${inWords(figures.seconds)} s, ${inWords(figures.perSecond)} deliveries/s`);
    say(`  ${inWords(figures.cpuMsPerSocket)} CPU ms a socket, its connecting included; 0 lost, 0 repeated`);
    return {
      sockets,
      missed,
      lost: 0,
      repeated: 0,
      socketsPerSecond: rounded(sockets / figures.seconds.median),
      figures,
    };
  } finally {
    await close();
  }
};
