/**
 * What an announcement to everyone in a full stadium takes: `announceOffer` over HTTP, from the request to its answer,
 * audience and deliveries committed, on a server with nothing else to do. Beside it what PostgreSQL was busy with.
 */
import type { Benchmark } from './benchmark.ts';
import { inWords, spread } from './figures.ts';
import { explainAnnouncement } from './ground/explain.ts';
import { layOutGround } from './ground/ground.ts';
import { Ours } from './ours.ts';

const FANS = 40_000;
const ROUNDS = 9;

export const run: Benchmark = async (say, { fans = FANS, rounds = ROUNDS, profile }) => {
  const ground = await layOutGround(fans);
  const ours = await Ours.start(ground);
  try {
    const took: number[] = [];
    const postgres: number[] = [];
    // The first fills PostgreSQL's memory, and does not count.
    for (let event = 1; event <= rounds + 1; event += 1) {
      await ours.prepare([event]);
      const before = ground.postgresCpuMs();
      const milliseconds = await ours.announce(event);
      if (event === 1) continue;
      took.push(milliseconds);
      postgres.push(ground.postgresCpuMs() - before);
    }
    const deliveries = await ground.countDeliveries();
    if (deliveries !== fans * (rounds + 1)) throw new Error(`${deliveries} deliveries, not ${fans} an announcement.`);
    const [milliseconds, postgresCpuMs] = [spread(took), spread(postgres)];
    say(`an announcement to ${fans} present fans: ${inWords(milliseconds)} ms`);
    say(`  of which PostgreSQL computed ${inWords(postgresCpuMs)} ms`);
    if (profile) for (const line of await explainAnnouncement(ground.databaseUrl)) say(line);
    return { fans, milliseconds, postgresCpuMs };
  } finally {
    await ours.stop();
    await ground.remove();
  }
};
