/**
 * What a decision costs, over 10,000 fans in random order. As a broadcast asks it: the lease once for 64 of them, then
 * for each the look-up in the gate's memory and the bit test; and the second look at a decision that is carried along.
 * Alone, with a lease of its own, which is two clocks to read. Beside it the same through the asynchronous view that a
 * resolver asks, and through the rule in SQL for a thousand at once.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { sql } from '@mikro-orm/postgresql';
import { ConsentGate, ConsentView, type Decision, LeaseKeeper } from '../src/consent/index.ts';
import { startEmbeddedPostgres } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { connectOrm } from '../src/db/orm.ts';
import { createLog } from '../src/log.ts';
import type { Benchmark } from './benchmark.ts';

const FANS = 10_000;
const LOOKS = 1_000_000;
const SLICE = 100_000;
/** As rooms do when they write. */
const LOOK_AT_CLOCK_EVERY = 64;
const VIEWS = 200_000;
const VIEWS_AT_ONCE = 2_000;
const ROUNDS = 5;
const PATIENCE_MS = 5_000;
const MOST_SPOILT = 50;

export const run: Benchmark = async (say) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tightrope-bench-'));
  const server = await startEmbeddedPostgres({ dataDir });
  try {
    await migrate(server.url);
    const orm = await connectOrm(server.url);
    const em = orm.em.fork();
    await em.execute(sql`insert into fan (subject) select 'fan-' || n from generate_series(1, ${FANS}) n`);
    await em.execute(sql`
      insert into consent_grant (fan_id, scope, duration, policy_ordinal, lineage)
      select f.id, s.scope, 'STANDING', 1, f.id
      from fan f, unnest(array['PROFILE', 'LOYALTY', 'PRESENCE_VENUE', 'OFFERS_LIVE', 'PERSONALIZATION']) s (scope)`);
    await em.execute('analyze');
    const gate = new ConsentGate(orm);
    const lease = await LeaseKeeper.start(server.url, gate, createLog('silent'));
    const keys = Array.from({ length: FANS }, (_, n) => ({ fanId: String(n + 1), recipientId: null, gameId: null }));
    const shuffled = keys.map((key) => ({ key, order: Math.random() })).sort((a, b) => a.order - b.order);
    const order = shuffled.map(({ key }) => key);

    const best: Record<string, number> = {};
    const take = (name: string, milliseconds: number, times: number) => {
      best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, (milliseconds * 1e6) / times);
    };
    let decisions: Decision[] = [];
    /**
     * Each way in slices: a loop that never turns would cost the node its lease, as it should. A slice in which the lease
     * or a decision ran out, as on a machine that has other things to do, is not counted.
     */
    const time = async (name: string, ask: (from: number, to: number) => number) => {
      let [from, spent, spoilt] = [0, 0, 0];
      while (from < LOOKS) {
        await setImmediate();
        await gate.lease.whenHeld(PATIENCE_MS);
        decisions = await Promise.all(order.map((key) => gate.decide(key))).catch(() => []);
        const began = performance.now();
        const held = decisions.length === 0 ? 0 : ask(from, from + SLICE);
        if (held === SLICE) {
          spent += performance.now() - began;
          from += SLICE;
        } else if (++spoilt > MOST_SPOILT) throw new Error(`${name}: decisions do not stay in memory.`);
      }
      take(name, spent, LOOKS);
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      await time('test', (from, to) => {
        const one = decisions[0]!;
        let held = 0;
        for (let look = from; look < to; look += 1) if (one.holds('PERSONALIZATION')) held += 1;
        return held;
      });
      await time('cached', (from, to) => {
        let [held, now]: [number, number | null] = [0, null];
        for (let look = from; look < to; look += 1) {
          if ((look - from) % LOOK_AT_CLOCK_EVERY === 0) now = gate.lease.present();
          if (now !== null && gate.peek(order[look % FANS]!, now)?.holds('PERSONALIZATION')) held += 1;
        }
        return held;
      });
      await time('carried', (from, to) => {
        let [held, now]: [number, number | null] = [0, null];
        for (let look = from; look < to; look += 1) {
          if ((look - from) % LOOK_AT_CLOCK_EVERY === 0) now = gate.lease.present();
          const place = look % FANS;
          if (now !== null && gate.confirms(order[place]!, decisions[place]!, now)) held += 1;
        }
        return held;
      });
      await time('alone', (from, to) => {
        let held = 0;
        for (let look = from; look < to; look += 1) {
          const now = gate.lease.present();
          if (now !== null && gate.peek(order[look % FANS]!, now)?.holds('PERSONALIZATION')) held += 1;
        }
        return held;
      });

      let spent = 0;
      for (let from = 0; from < VIEWS; from += VIEWS_AT_ONCE) {
        await setImmediate();
        await gate.lease.whenHeld(PATIENCE_MS);
        const began = performance.now();
        for (let look = from; look < from + VIEWS_AT_ONCE; look += 1) {
          const { fanId } = order[look % FANS]!;
          const view = new ConsentView(gate, orm, { role: 'FAN', subject: '', fanId, partnersVetoed: false });
          await view.shows({ fanId }, 'PERSONALIZATION');
        }
        spent += performance.now() - began;
      }
      take('viewed', spent, VIEWS);

      const began = performance.now();
      await em.execute(
        sql`select count(*) from consent_mask(array(select id from fan limit 1000), null, null, app_now())`,
      );
      take('ruled', performance.now() - began, 1_000);
    }
    await lease.close();
    await orm.close(true);
    const tenths = (name: string) => Number(best[name]!.toFixed(1));
    const figures = {
      testNs: tenths('test'),
      cachedNs: tenths('cached'),
      carriedNs: tenths('carried'),
      aloneNs: tenths('alone'),
      viewNs: Math.round(best.viewed!),
      ruleNsPerFan: Math.round(best.ruled!),
    };
    say(`the bit test of a decision that is at hand: ${figures.testNs} ns`);
    say(`lease, look-up and bit test, the lease once for ${LOOK_AT_CLOCK_EVERY}: ${figures.cachedNs} ns`);
    say(`the second look at a decision that is carried along: ${figures.carriedNs} ns`);
    say(`lease, look-up and bit test of one alone: ${figures.aloneNs} ns`);
    say(`the same through a fresh view, asynchronous: ${figures.viewNs} ns`);
    say(`the rule in SQL, of a thousand fans at once: ${figures.ruleNsPerFan} ns a fan`);
    return figures;
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
};
