/** The judge of a soak, judged: it has to see what never came, what came twice, and what should not have come. */
import { describe, expect, it } from 'vitest';
import type { Act, Scope } from '../../gameday/journal.ts';
import { riseOf } from '../../soak/heap.ts';
import type { Announced, PhoneRecord, Received } from '../../soak/journal.ts';
import { judge } from '../../soak/oracle.ts';

const at = (sent: number) => ({ sent, returned: sent + 10 });
const act = (kind: 'GRANT' | 'WITHDRAW', sent: number, ...scopes: Scope[]): Act => ({ kind, scopes, ...at(sent) });
const came: Act[] = [
  act('GRANT', 0, 'PRESENCE_VENUE', 'OFFERS_LIVE', 'PERSONALIZATION'),
  { kind: 'CHECK_IN', zone: '', ...at(20) },
];
const made: Announced[] = [
  { id: 'first', ...at(10_000) },
  { id: 'second', ...at(20_000) },
];
const frame = (id: string, when: number, reason = true): Received => ({ id, at: when, reason, trouble: null });
const both = [frame('first', 10_030), frame('second', 20_030)];

function count(phone: Partial<PhoneRecord>): { lost: number; repeated: number; leaks: number } {
  const sessions = [{ opened: 100, closed: Number.POSITIVE_INFINITY }];
  const { lost, repeated, leaks } = judge([{ name: 'ann', acts: came, frames: both, sessions, ...phone }], made);
  return { lost: lost.length, repeated: repeated.length, leaks: leaks.length };
}
const nothing = { lost: 0, repeated: 0, leaks: 0 };

describe('the judge of a soak', () => {
  it('finds nothing wrong where everything came once', () => {
    expect(count({})).toEqual(nothing);
  });

  it('sees what never came, and a frame that came with an error', () => {
    expect(count({ frames: both.slice(0, 1) })).toEqual({ ...nothing, lost: 1 });
    const broken = { id: null, at: 15_000, reason: false, trouble: 'an error' };
    expect(count({ frames: [...both, broken] })).toEqual({ ...nothing, lost: 1 });
  });

  it('sees what came twice over a stream that was resumed', () => {
    expect(count({ frames: [...both, frame('first', 25_000)] })).toEqual({ ...nothing, repeated: 1 });
  });

  it('sees what came after a withdrawal had returned, or without one’s being asked', () => {
    const withdrawn = [...came, act('WITHDRAW', 12_000, 'OFFERS_LIVE')];
    expect(count({ acts: withdrawn })).toEqual({ ...nothing, leaks: 1 });
    expect(count({ acts: withdrawn, frames: [frame('first', 13_500)] })).toEqual({ ...nothing, leaks: 1 });
    const never = [act('GRANT', 0, 'PRESENCE_VENUE', 'PERSONALIZATION'), came[1]!];
    expect(count({ acts: never })).toEqual({ ...nothing, leaks: 2 });
  });

  it('sees a reason that was withdrawn, and an announcement that nobody made', () => {
    const acts = [...came, act('WITHDRAW', 12_000, 'PERSONALIZATION')];
    expect(count({ acts })).toEqual({ ...nothing, leaks: 1 });
    expect(count({ acts, frames: [both[0]!, frame('second', 20_030, false)] })).toEqual(nothing);
    expect(count({ frames: [...both, frame('third', 25_000)] })).toEqual({ ...nothing, leaks: 1 });
  });

  it.each([
    ['was being withdrawn', [act('WITHDRAW', 9_995, 'OFFERS_LIVE')]],
    ['had just been granted again', [act('WITHDRAW', 5_000, 'OFFERS_LIVE'), act('GRANT', 9_995, 'OFFERS_LIVE')]],
    ['was withdrawn before it could be sent', [act('WITHDRAW', 14_000, 'OFFERS_LIVE')]],
  ])('does not ask for what was announced while consent %s', (_, acts) => {
    expect(count({ acts: [...came, ...acts], frames: acts.length > 1 ? both.slice(1) : [] }).lost).toBe(0);
  });

  it('does not ask for what was announced before the stream was first open', () => {
    const sessions = [{ opened: 15_000, closed: Number.POSITIVE_INFINITY }];
    expect(count({ sessions, frames: both.slice(1) })).toEqual(nothing);
  });
});

describe('a heap, told from outside', () => {
  const MIB = 2 ** 20;
  /** Ten minutes, every two seconds; between two collections it rises by a third. */
  const heap = (risesBy: number) =>
    Array.from({ length: 300 }, (_, place) => ({
      at: place * 2_000,
      bytes: (100 + (place % 7) * 5 + (place / 300) * risesBy) * MIB,
    }));

  it('is flat when it comes down to the same, whatever it does between', () => {
    expect(riseOf(heap(0))?.flat).toBe(true);
  });

  it('rises when what it comes down to does', () => {
    expect(riseOf(heap(80))?.flat).toBe(false);
  });

  it('is not told from a short time', () => {
    expect(riseOf(heap(80).slice(0, 60))).toBeNull();
  });
});
