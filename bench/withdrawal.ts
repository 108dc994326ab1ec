/**
 * From a withdrawal to silence, under load: 1,000 open streams, 50 announcements a second, each to the 20 fans of one
 * of 50 zones, while 20 fans a second withdraw the consent by which a frame shows its reason. On one node, on three, and
 * on three of which one is frozen (SIGSTOP) and thawed again and again. The load comes from this process; the nodes are
 * processes of their own over one embedded PostgreSQL. `returned` is the time after which no node starts to send;
 * `silent` is when the last frame with a reason reached the fan, for those whom one reached after the request.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphQLClient, type Json } from '../gameday/client.ts';
import { inParallel } from '../gameday/random.ts';
import { percentile } from '../gameday/report.ts';
import { Cluster } from '../gameday/server.ts';
import { DEVELOPMENT_MASTER_KEY } from '../src/config.ts';
import { connectOrm } from '../src/db/orm.ts';
import { createIdsFor } from '../src/graphql/ids.ts';
import { issueDevelopmentToken } from '../src/identity/development-issuer.ts';
import { createGame, createVenue, createZone } from '../src/venues/index.ts';
import type { Benchmark } from './benchmark.ts';

const STREAMS = 1_000;
const ZONES = 50;
const EVENTS_PER_SECOND = 50;
const WITHDRAWALS_PER_SECOND = 20;
const SECONDS = 20;
const FROZEN_MS = 4_000;
const THAWED_MS = 3_000;
const SCOPES = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE', 'PERSONALIZATION'];

interface Listener {
  readonly token: string;
  readonly client: GraphQLClient;
  /** When frames came that showed a reason. */
  readonly reasons: number[];
  frames: number;
}

interface Ground {
  readonly gameId: string;
  readonly zoneIds: readonly string[];
  readonly policyVersion: string;
}

export const run: Benchmark = async (say) => ({
  streams: STREAMS,
  eventsPerSecond: EVENTS_PER_SECOND,
  oneNode: await measure('one node', 1, false, say),
  threeNodes: await measure('three nodes', 3, false, say),
  threeNodesOneFrozen: await measure('three nodes, one frozen', 3, true, say),
});

async function measure(name: string, nodes: number, frozen: boolean, say: (line: string) => void) {
  const dataDir = await mkdtemp(join(tmpdir(), 'tightrope-bench-'));
  process.env.DATA_DIR = dataDir;
  const cluster = await Cluster.start(nodes);
  try {
    const client = new GraphQLClient(() => cluster.urls);
    const ground = await layOut(client, cluster.nodes[0]!.databaseUrl);
    const listeners = await open(client, ground);
    const over = sleep(SECONDS * 1_000);
    const freezing = frozen ? keepFreezing(cluster, over) : null;
    const [announced, withdrawals] = await Promise.all([
      announce(client, ground, over),
      withdraw(listeners, over),
      freezing,
    ]);
    await sleep(2_000);
    const figures = summarize(withdrawals);
    const frames = listeners.reduce((sum, { frames: count }) => sum + count, 0);
    say(`${name}: ${announced} announcements, ${frames} frames, ${withdrawals.length} withdrawals in ${SECONDS} s`);
    say(`  returned after ${figures.returnedP50Ms} ms, p99 ${figures.returnedP99Ms}, worst ${figures.returnedWorstMs}`);
    say(`  silent after ${figures.silentP50Ms} ms, p99 ${figures.silentP99Ms}, worst ${figures.silentWorstMs}`);
    say(`  frames with a reason received after the withdrawal had returned: ${figures.framesAfterReturn}`);
    return { announced, frames, withdrawals: withdrawals.length, ...figures };
  } finally {
    await cluster.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** A venue of 50 zones with a game on. */
async function layOut(client: GraphQLClient, databaseUrl: string): Promise<Ground> {
  const orm = await connectOrm(databaseUrl);
  const em = orm.em.fork();
  await createVenue(em, { code: 'BENCH', name: 'Bench', city: 'Nowhere', timeZone: 'Etc/UTC' });
  for (let place = 0; place < ZONES; place += 1) {
    await createZone(em, { venue: 'BENCH', code: `z${place}`, name: `Zone ${place}`, kind: 'SEATING' });
  }
  const key = await createGame(em, { venue: 'BENCH', startsAt: new Date() });
  await orm.close();
  const gameId = createIdsFor(DEVELOPMENT_MASTER_KEY)(null).toGlobal('Game', key);
  const { data } = await client.ask(
    null,
    'query ($id: ID!) { node(id: $id) { ... on Game { venue { zones { id } } } } currentPolicy { version } }',
    { id: gameId },
  );
  const zoneIds = data.node.venue.zones.map(({ id }: { id: string }) => id);
  return { gameId, zoneIds, policyVersion: data.currentPolicy.version };
}

async function open(client: GraphQLClient, { gameId, zoneIds, policyVersion }: Ground): Promise<Listener[]> {
  const listeners: Listener[] = [];
  await inParallel([...Array(STREAMS).keys()], 16, async (place) => {
    const token = await issueDevelopmentToken('FAN', `bench-${place}`);
    const listener: Listener = { token, client: client.at(place), reasons: [], frames: 0 };
    await listener.client.must(token, 'enrollFan', { displayName: `Fan ${place}`, policyVersion });
    await listener.client.must(token, 'grantConsent', { scopes: SCOPES, duration: 'STANDING', policyVersion });
    const zoneId = zoneIds[place % ZONES]!;
    await listener.client.must(token, 'checkIn', { gameId, method: 'TICKET', nonce: 'bench', zoneId });
    await new Promise<void>((resolve) => {
      const receive = ({ data }: Json) => {
        resolve();
        if (data?.liveOffers?.__typename !== 'OfferAnnounced') return;
        listener.frames += 1;
        if (data.liveOffers.because) listener.reasons.push(performance.now());
      };
      listener.client.openWebSocket(token, { gameId }, receive, () => {});
    });
    listeners.push(listener);
  });
  return listeners;
}

/** One campaign serves a round of all zones: a fan is announced an offer once. */
async function announce(client: GraphQLClient, { gameId, zoneIds }: Ground, over: Promise<void>): Promise<number> {
  const token = await issueDevelopmentToken('PARTNER', 'demo-partner');
  const pending: Promise<unknown>[] = [];
  let campaignId = '';
  let count = 0;
  await every(1_000 / EVENTS_PER_SECOND, over, async () => {
    const round = Math.floor(count / ZONES);
    if (count % ZONES === 0) campaignId = await createCampaign(client, token, round);
    const input = { campaignId, gameId, zoneIds: [zoneIds[count % ZONES]!], idempotencyKey: `bench-${count}` };
    pending.push(client.at(count).must(token, 'announceOffer', input));
    count += 1;
  });
  await Promise.all(pending);
  return count;
}

async function createCampaign(client: GraphQLClient, token: string, round: number): Promise<string> {
  const now = Date.now();
  const { data } = await client.must(token, 'createCampaign', {
    name: `Round ${round}`,
    offer: { title: `Offer ${round}`, body: 'At the counter.', discount: { percentOff: 10 } },
    budget: {},
    capPerFan: 1,
    validFrom: new Date(now - 60_000).toISOString(),
    validUntil: new Date(now + 3_600_000).toISOString(),
  });
  return data.campaign.id;
}

interface Withdrawal {
  readonly listener: Listener;
  readonly sent: number;
  readonly returned: number;
}

async function withdraw(listeners: readonly Listener[], over: Promise<void>): Promise<Withdrawal[]> {
  const pending: Promise<Withdrawal>[] = [];
  const rest = listeners[Symbol.iterator]();
  await every(1_000 / WITHDRAWALS_PER_SECOND, over, async () => {
    const { value: listener, done } = rest.next();
    if (done) return;
    // Asked of the next node, so that the one that holds the stream is told by the barrier only.
    const asked = listener.client.at(pending.length + 1).must(listener.token, 'withdrawConsent', {
      scopes: ['PERSONALIZATION'],
    });
    pending.push(asked.then(({ sent, returned }) => ({ listener, sent, returned })));
  });
  return Promise.all(pending);
}

async function keepFreezing(cluster: Cluster, over: Promise<void>): Promise<void> {
  let running = true;
  void over.then(() => {
    running = false;
  });
  while (running) {
    await cluster.nodes[2]!.freeze(FROZEN_MS);
    await sleep(THAWED_MS);
  }
}

async function every(ms: number, over: Promise<void>, work: () => Promise<void>): Promise<void> {
  let running = true;
  void over.then(() => {
    running = false;
  });
  for (let due = performance.now(); running; due += ms) {
    await sleep(Math.max(0, due - performance.now()));
    await work();
  }
}

function summarize(withdrawals: readonly Withdrawal[]) {
  const returned = withdrawals.map((withdrawal) => withdrawal.returned - withdrawal.sent);
  const silent = withdrawals.flatMap(({ listener, sent }) => {
    const last = listener.reasons.at(-1) ?? 0;
    return last > sent ? [last - sent] : [];
  });
  const framesAfterReturn = withdrawals.reduce(
    (sum, { listener, returned: at }) => sum + listener.reasons.filter((came) => came > at).length,
    0,
  );
  return {
    returnedP50Ms: percentile(returned, 0.5),
    returnedP99Ms: percentile(returned, 0.99),
    returnedWorstMs: percentile(returned, 1),
    reachedAfterRequest: silent.length,
    silentP50Ms: percentile(silent, 0.5),
    silentP99Ms: percentile(silent, 0.99),
    silentWorstMs: percentile(silent, 1),
    framesAfterReturn,
  };
}
