/** Each benchmark, as small as it gets. A benchmark throws when a delivery is missing, comes twice, or is another's. */
import { afterEach, describe, expect, it } from 'vitest';
import { run as announce } from '../../bench/announce.ts';
import type { Options } from '../../bench/benchmark.ts';
import { run as burst } from '../../bench/burst.ts';
import { Contestant, PEERS } from '../../bench/contestant.ts';
import { run as fanout } from '../../bench/fanout.ts';
import { CLASSES, titleOf } from '../../bench/live-offers.ts';
import { run as memory } from '../../bench/memory.ts';
import { run as ramp } from '../../bench/ramp.ts';
import { run as resume } from '../../bench/resume.ts';
import { run as start } from '../../bench/start.ts';

const SMALL: Options = { sockets: 32, rounds: 1, events: 4 };
const quiet = () => {};

describe('a benchmark run small', () => {
  it('fans events out to every subscriber of every contestant, each event once', async () => {
    const { at32 } = (await fanout(quiet, SMALL)) as { at32: { ratios: object; figures: object } };
    expect(Object.keys(at32.ratios).sort()).toEqual([...PEERS].sort());
    expect(Object.keys(at32.figures)).toEqual(expect.arrayContaining(['ours', 'oursAnnounced', 'null', ...PEERS]));
  });

  it('fans out to more than are planned for at once', async () => {
    const { at1100 } = (await fanout(quiet, { ...SMALL, sockets: 1_100, peers: [] })) as {
      at1100: { sockets: number };
    };
    expect(at1100.sockets).toBe(1_100);
  }, 60_000);

  it('delivers four events of one tick to every subscriber', async () => {
    const { eventsPerTick, ratios } = await burst(quiet, { ...SMALL, peers: ['raw'] });
    expect({ eventsPerTick, ratios }).toEqual({ eventsPerTick: 4, ratios: { raw: expect.anything() } });
  });

  it('lets subscribers join while events flow, and nobody misses one from the first on', async () => {
    const { figures } = await ramp(quiet, { ...SMALL, peers: ['raw'] });
    expect(Object.keys(figures as object)).toEqual(['ours', 'raw']);
  });

  it('tells what an idle subscription takes of the process', async () => {
    const { figures } = await memory(quiet, { ...SMALL, peers: ['mercurius'] });
    expect(Object.keys(figures as object)).toEqual(['ours', 'mercurius']);
  });

  it('announces to everyone who is there', async () => {
    const figures = await announce(quiet, { fans: 100, rounds: 1 });
    expect(figures).toMatchObject({ fans: 100, milliseconds: { median: expect.any(Number) } });
  });

  it('starts from nothing, and again', async () => {
    const figures = await start(quiet, { rounds: 1 });
    const some = { median: expect.any(Number) };
    expect(figures).toMatchObject({ milliseconds: some, againMs: some });
  });

  it('brings back everything that was missed to everyone who was cut off', async () => {
    const figures = await resume(quiet, SMALL);
    expect(figures).toMatchObject({ sockets: 32, missed: 4, lost: 0, repeated: 0 });
  });
});

describe('the load generator', () => {
  let contestant: Contestant | undefined;
  afterEach(() => contestant?.stop());

  const settled = async () => {
    const frames = Array.from({ length: CLASSES }, () => JSON.stringify({ title: titleOf(0) }));
    contestant = await Contestant.ofPeer('raw', frames);
    await contestant.join(CLASSES);
    await contestant.settle();
    return contestant;
  };

  it('notices an event that never came', async () => {
    const raw = await settled();
    raw.next += 1;
    await expect(raw.measure(1, 1)).rejects.toThrow('event 3 came after event 1');
  });

  it('notices an event that came twice', async () => {
    const raw = await settled();
    await raw.publish([1]);
    await expect(raw.measure(1, 1)).rejects.toThrow('event 1 came after event 1');
  });
});
