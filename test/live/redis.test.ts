/**
 * Two nodes over one PostgreSQL that wake each other through Redis. Redis may lose its connections, stand still or die:
 * fans on both nodes hear every offer once, and what a fan takes back on one node is silent on the other.
 */
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce, enrollFan, LIVE_OFFERS, liveGameId, mutate, POLICY } from '../support/operations.ts';
import { until } from '../support/process.ts';
import {
  describeWithRedis,
  describeWithRedisServer,
  type RedisProcess,
  startRedis,
  startRedisProcess,
  type TestRedis,
} from '../support/redis.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type OpenStream, overServerSentEvents, overWebSocket } from '../support/stream.ts';

const ANNOUNCEMENTS = 24;

interface Nodes {
  readonly here: TestServer;
  readonly there: TestServer;
  readonly gameId: string;
  close(): Promise<void>;
}

async function startNodes(redisUrl: string): Promise<Nodes> {
  const settings = { REDIS_URL: redisUrl, LOG_LEVEL: 'fatal' };
  const here = await startTestServer({ settings });
  const there = await startTestServer({ settings, databaseUrl: here.databaseUrl });
  await redisIs('up', here, there);
  return {
    here,
    there,
    gameId: await liveGameId(here),
    close: async () => {
      await there.close();
      await here.close();
    },
  };
}

const page = async ({ url }: TestServer, path: string) => (await fetch(new URL(path, url))).text();

const redisIs = async (state: 'up' | 'down', ...nodes: TestServer[]) => {
  for (const node of nodes) await until(async () => JSON.parse(await page(node, '/ready')).redis === state);
};

async function sentOver(node: TestServer): Promise<{ redis: number; postgres: number }> {
  const text = await page(node, '/metrics');
  const read = (over: string) => Number(new RegExp(`sent_total\\{over="${over}"\\} (\\d+)`).exec(text)![1]);
  return { redis: read('redis'), postgres: read('postgres') };
}

interface Phone {
  readonly token: string;
  readonly stream: OpenStream;
  heard(): string[];
}

/** At the game, consenting on one node and listening on another. */
async function arrive({ gameId }: Nodes, at: TestServer, to: TestServer, open = overWebSocket): Promise<Phone> {
  const { token } = await enrollFan(at, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
  await mutate(at, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
  const stream = await open(to.url, token, LIVE_OFFERS, { gameId });
  await stream.waitFor(({ data }) => data?.liveOffers.__typename === 'StreamPosition');
  const offers = () => stream.frames.filter(({ data }) => data?.liveOffers.__typename === 'OfferAnnounced');
  return { token, stream, heard: () => offers().map(({ data }) => data.liveOffers.offer.id) };
}

const came = (phone: Phone, offerId: string) =>
  phone.stream.waitFor(({ data }) => data?.liveOffers.offer?.id === offerId, 0, 20_000);

/** Fans of both nodes listen while a partner announces at both; at the middle something happens. */
async function announceThrough(nodes: Nodes, trouble: () => Promise<unknown>): Promise<void> {
  const { here, there, gameId } = nodes;
  const phones = [
    await arrive(nodes, here, there),
    await arrive(nodes, there, here),
    await arrive(nodes, here, there, overServerSentEvents),
  ];
  const announced: string[] = [];
  let troubling: Promise<unknown> | undefined;
  for (let turn = 0; turn < ANNOUNCEMENTS; turn += 1) {
    if (turn === ANNOUNCEMENTS / 3) troubling = trouble();
    announced.push(await announce(turn % 2 === 0 ? here : there, gameId));
  }
  await troubling;
  announced.push(await announce(here, gameId));
  for (const phone of phones) {
    await came(phone, announced.at(-1)!);
    expect(phone.heard()).toEqual(announced);
    await phone.stream.close();
  }
}

describeWithRedis('two nodes that share a Redis', () => {
  let redis: TestRedis;
  let nodes: Nodes;
  beforeAll(async () => {
    redis = await startRedis();
    nodes = await startNodes(redis.url);
  });
  afterAll(async () => {
    await nodes?.close();
    await redis?.close();
  });

  it('wake each other through it and not through PostgreSQL, and nothing but keys travels', async () => {
    const spy = new Redis(redis.url);
    const said: string[] = [];
    spy.on('pmessage', (_, __, message) => said.push(message));
    await spy.psubscribe('tightrope:wake:*');
    const { here, there, gameId } = nodes;
    const before = [await sentOver(here), await sentOver(there)];
    const phone = await arrive(nodes, here, there);
    await came(phone, await announce(here, gameId));
    await mutate(here, phone.token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'] });
    const after = [await sentOver(here), await sentOver(there)];
    expect(after.map(({ postgres }) => postgres)).toEqual(before.map(({ postgres }) => postgres));
    expect(after[0]!.redis).toBeGreaterThan(before[0]!.redis);
    expect(said.length).toBeGreaterThan(0);
    for (const message of said) expect(message).toMatch(/^\{"outbox":\w+,"log":\w+,"fans":\[("\d+",?)*\]\}$/);
    await phone.stream.close();
    spy.disconnect();
  });

  it('lose and repeat no offer when all connections to it are cut, again and again', async () => {
    await announceThrough(nodes, async () => {
      for (let cut = 0; cut < 5; cut += 1) {
        await redis.killConnections();
        await redisIs('up', nodes.here, nodes.there);
      }
    });
  });

  it('do not fall over whatever somebody else writes to their channel', async () => {
    const stranger = new Redis(redis.url);
    const [channel] = (await stranger.call('pubsub', 'channels', 'tightrope:wake:*')) as string[];
    for (const message of ['', 'not JSON', 'null', '7', '{"fans":7,"outbox":"yes"}', '{"fans":[{}]}']) {
      expect(await stranger.publish(channel!, message)).toBeGreaterThanOrEqual(2);
    }
    stranger.disconnect();
    await announceThrough(nodes, async () => {});
  });
});

describeWithRedisServer('two nodes whose Redis', () => {
  let redis: RedisProcess;
  let nodes: Nodes;
  beforeAll(async () => {
    redis = await startRedisProcess();
    nodes = await startNodes(redis.url);
  });
  afterAll(async () => {
    await nodes?.close();
    await redis?.close();
  });

  it('is killed in mid-stream and started again lose and repeat no offer', async () => {
    await announceThrough(nodes, async () => {
      await redis.kill();
      await redisIs('down', nodes.here, nodes.there);
      await redis.start();
    });
    await redisIs('up', nodes.here, nodes.there);
  });

  it('stands still and goes on lose and repeat no offer', async () => {
    await announceThrough(nodes, async () => {
      redis.pause();
      await redisIs('down', nodes.here, nodes.there);
      redis.resume();
    });
    await redisIs('up', nodes.here, nodes.there);
  });

  describe.each([
    ['is dead', () => redis.kill(), () => redis.start()],
    ['stands still', async () => redis.pause(), async () => redis.resume()],
  ])('%s', (_, stop, start) => {
    it('are ready, say so, wake each other through PostgreSQL, and keep a withdrawal’s promise', async () => {
      const { here, there, gameId } = nodes;
      const phone = await arrive(nodes, here, there);
      await came(phone, await announce(here, gameId));
      const [first] = phone.heard();
      await stop();
      try {
        const before = await sentOver(here);
        const held = await holdOutbox(here.databaseUrl);
        const withheld = await announce(here, gameId);
        const { barrier } = await mutate(here, phone.token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'] });
        expect(barrier.nodes).toBe(2);
        await held.release();
        const scopes = ['OFFERS_LIVE'];
        await mutate(here, phone.token, 'grantConsent', { scopes, policyVersion: POLICY, duration: 'STANDING' });
        const last = await announce(here, gameId);
        await came(phone, last);
        expect(phone.heard()).toEqual([first, last]);
        expect(phone.heard()).not.toContain(withheld);

        await redisIs('down', here, there);
        expect(JSON.parse(await page(there, '/ready'))).toEqual({ ready: true, redis: 'down' });
        expect(await page(there, '/metrics')).toMatch(/^tightrope_redis_up 0$/m);
        expect((await sentOver(here)).postgres).toBeGreaterThan(before.postgres);
      } finally {
        await start();
      }
      await redisIs('up', here, there);
      expect(await page(there, '/metrics')).toMatch(/^tightrope_redis_up 1$/m);
      await phone.stream.close();
    });
  });

  it('is not there when they start take it up when it comes', async () => {
    await redis.kill();
    const third = await startTestServer({
      settings: { REDIS_URL: redis.url, LOG_LEVEL: 'fatal' },
      databaseUrl: nodes.here.databaseUrl,
    });
    expect(JSON.parse(await page(third, '/ready'))).toEqual({ ready: true, redis: 'down' });
    await redis.start();
    await redisIs('up', third, nodes.here, nodes.there);
    await third.close();
  });
});

/** The outbox is read below the oldest running transaction: this one keeps it waiting. */
async function holdOutbox(databaseUrl: string): Promise<{ release(): Promise<void> }> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('begin; select pg_current_xact_id()');
  return {
    release: async () => {
      await client.query('commit');
      await client.end();
    },
  };
}
