/** What `--write` makes of results: a target that is missed is said to be missed, and what was not measured too. */
import { describe, expect, it } from 'vitest';
import { type Recorded, render } from '../../bench/report.ts';
import { TARGETS } from '../../bench/targets.ts';

const run = (result: Recorded['result']): Recorded => ({ on: '2026-11-25', machine: '2 cores', result });
const contestant = (median: number) => ({ perSecond: { min: 1, median, max: 90_000 }, bytes: 500 });
const fanout = (raw: number, socketIo: number) =>
  run({
    at5000: {
      sockets: 5_000,
      ratios: { raw: { perSecond: raw, cpu: 1 }, 'socket.io': { perSecond: socketIo, cpu: 1 } },
      figures: { ours: contestant(40_000), raw: contestant(50_000) },
    },
  });

describe('the report of benchmarks', () => {
  it('says of each target whether it was met, missed, or not measured', () => {
    const report = render({ fanout: fanout(0.8, 1.7) });
    const verdictOf = (what: string) => report.split('\n').find((line) => line.startsWith(`| ${what} |`));
    expect(verdictOf('fan-out to 5,000 sockets against raw `ws.send`')).toContain('| 0.8 | MISSED |');
    expect(verdictOf('against rooms of socket.io')).toContain('| 1.7 | met |');
    expect(verdictOf('against mercurius')).toContain('| not measured |');
    expect(TARGETS.filter(({ what }) => verdictOf(what) === undefined)).toEqual([]);
  });

  it('puts contestants side by side, with the least and the most of their rounds', () => {
    const lines = render({ fanout: fanout(1, 2) }).split('\n');
    expect(lines).toContain('|  | per second | bytes |');
    expect(lines).toContain('| ours | 40,000 (1 to 90,000) | 500 |');
    expect(lines).toContain('- sockets: 5,000');
  });
});
