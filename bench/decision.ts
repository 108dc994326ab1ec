/**
 * What a decision costs: the gate's look-up and the bit test, from its memory, over 10,000 fans in random order; beside
 * it the same through the asynchronous view that a resolver asks, and through the rule in SQL for a thousand at once.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { sql } from '@mikro-orm/postgresql';
import { ConsentGate, ConsentView, LeaseKeeper } from '../src/consent/index.ts';
import { startEmbeddedPostgres } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { connectOrm } from '../src/db/orm.ts';
import { createLog } from '../src/log.ts';
import type { Benchmark } from './benchmark.ts';

const FANS = 10_000;
const LOOKS = 1_000_000;
const SLICE = 100_000;
const VIEWS = 200_000;
const ROUNDS = 5;

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

    const best = {
      tested: Number.POSITIVE_INFINITY,
      cached: Number.POSITIVE_INFINITY,
      viewed: Number.POSITIVE_INFINITY,
      ruled: Number.POSITIVE_INFINITY,
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(keys.map((key) => gate.decide(key)));
      let [held, spent] = [0, 0];
      for (let done = 0; done < LOOKS; done += SLICE) {
        // A loop that never turns would cost the node its lease, as it should.
        await setImmediate();
        const began = performance.now();
        for (let look = 0; look < SLICE; look += 1) {
          if (gate.lease.held() && gate.peek(order[look % FANS]!)?.holds('PERSONALIZATION')) held += 1;
        }
        spent += performance.now() - began;
      }
      best.cached = Math.min(best.cached, (spent * 1e6) / LOOKS);
      const decision = gate.peek(order[0]!)!;
      const tested = performance.now();
      for (let look = 0; look < LOOKS; look += 1) if (!decision.holds('PERSONALIZATION')) held -= 1;
      best.tested = Math.min(best.tested, ((performance.now() - tested) * 1e6) / LOOKS);
      if (held !== LOOKS) throw new Error('Not every decision was in memory.');

      let began = performance.now();
      for (let look = 0; look < VIEWS; look += 1) {
        const { fanId } = order[look % FANS]!;
        const view = new ConsentView(gate, orm, { role: 'FAN', subject: '', fanId, partnersVetoed: false });
        await view.shows({ fanId }, 'PERSONALIZATION');
      }
      best.viewed = Math.min(best.viewed, ((performance.now() - began) * 1e6) / VIEWS);

      began = performance.now();
      await em.execute(
        sql`select count(*) from consent_mask(array(select id from fan limit 1000), null, null, app_now())`,
      );
      best.ruled = Math.min(best.ruled, ((performance.now() - began) * 1e6) / 1_000);
    }
    await lease.close();
    await orm.close(true);
    const figures = {
      testNs: Number(best.tested.toFixed(1)),
      cachedNs: Number(best.cached.toFixed(1)),
      viewNs: Math.round(best.viewed),
      ruleNsPerFan: Math.round(best.ruled),
    };
    say(`the bit test of a decision that is at hand: ${figures.testNs} ns`);
    say(`lease, look-up and bit test: ${figures.cachedNs} ns`);
    say(`the same through a fresh view, asynchronous: ${figures.viewNs} ns`);
    say(`the rule in SQL, of a thousand fans at once: ${figures.ruleNsPerFan} ns a fan`);
    return figures;
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
};
