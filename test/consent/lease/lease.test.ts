/** A lease is a duration on one machine's own clock, and ends in every doubt. */
import { describe, expect, it } from 'vitest';
import { LEASE_MS, Lease, MARGIN_MS, type Moment } from '../../../src/consent/lease/lease.ts';

function machine() {
  let now: Moment = { monotonic: 1_000, wall: 1_700_000_000_000 };
  const lease = new Lease({ monotonic: () => now.monotonic, wall: () => now.wall });
  return {
    lease,
    /** Time goes by, and the event loop turns unless it is stuck. */
    pass(ms: number, { wall = ms, stuck = false }: { wall?: number; stuck?: boolean } = {}) {
      now = { monotonic: now.monotonic + ms, wall: now.wall + wall };
      if (!stuck) lease.beat();
    },
  };
}

describe('a lease', () => {
  it('is not held before it is given', () => {
    expect(machine().lease.held()).toBe(false);
  });

  it('is held for its length less the margin, from when its renewal was asked for', () => {
    const { lease, pass } = machine();
    const asked = lease.now();
    pass(500);
    lease.extend(asked);
    expect(lease.held()).toBe(true);
    pass(LEASE_MS - MARGIN_MS - 501);
    expect(lease.held()).toBe(true);
    pass(1);
    expect(lease.held()).toBe(false);
  });

  it('is not given by an answer that comes too late', async () => {
    const { lease, pass } = machine();
    const asked = lease.now();
    pass(LEASE_MS);
    lease.extend(asked);
    expect(lease.held()).toBe(false);
  });

  it('ends when the wall clock ran ahead: the machine was suspended', () => {
    const { lease, pass } = machine();
    lease.extend(lease.now());
    pass(10, { wall: 10 + MARGIN_MS });
    expect(lease.held()).toBe(false);
  });

  it('does not count while the event loop is stuck for longer than the margin, and counts again after', () => {
    const { lease, pass } = machine();
    lease.extend(lease.now());
    pass(MARGIN_MS, { stuck: true });
    expect(lease.held()).toBe(false);
    lease.beat();
    expect(lease.held()).toBe(true);
  });

  it('ends at once when it is taken away', () => {
    const { lease } = machine();
    lease.extend(lease.now());
    lease.end();
    expect(lease.held()).toBe(false);
  });

  it('tells those who wait for it, or that it did not come', async () => {
    const { lease } = machine();
    const waiting = lease.whenHeld(60_000);
    lease.extend(lease.now());
    expect(await waiting).toBe(true);
    lease.end();
    expect(await lease.whenHeld(10)).toBe(false);
  });
});
