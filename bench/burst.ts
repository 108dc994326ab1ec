/** Four events in one tick, against a raw `ws.send` per event and the others. */
import type { Benchmark } from './benchmark.ts';
import { PEERS } from './contestant.ts';
import { fanOut } from './fanout.ts';

const SOCKETS = 5_000;
const EVENTS_PER_TICK = 4;

export const run: Benchmark = (say, options) =>
  fanOut(options.sockets ?? SOCKETS, EVENTS_PER_TICK, say, options, PEERS);
