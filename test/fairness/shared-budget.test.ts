/**
 * With Redis a viewer has one purse on all nodes, and Redis hears no names. Without it for a while everybody is answered,
 * and each node counts for itself.
 */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../support/process.ts';
import {
  describeWithRedis,
  describeWithRedisServer,
  type RedisProcess,
  startRedis,
  startRedisProcess,
  type TestRedis,
} from '../support/redis.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { TRANSPORTS } from '../support/transports.ts';

const PURSE = 200;
const codes = (answer: Answer) => (answer.errors ?? []).map(({ extensions }) => extensions?.code);
const costing = (points: number) => ({ query: `{ viewer { ${'role '.repeat(points - 1)} } }` });

async function startNodes(url: string): Promise<TestServer[]> {
  const settings = { REDIS_URL: url, COST_PER_MINUTE_FAN: String(PURSE) };
  const one = await startTestServer({ settings });
  return [one, await startTestServer({ settings, databaseUrl: one.databaseUrl })];
}
const closeNodes = async ([one, other]: TestServer[]) => {
  await other!.close();
  await one!.close();
};
/** On both nodes, until one sees what the other has counted: whether all were answered meanwhile. */
async function untilShared(nodes: readonly TestServer[], subject: string): Promise<void> {
  let round = 0;
  await until(async () => {
    const token = await tokenOf('FAN', `${subject} ${Date.now()} ${round++}`);
    const [first, second] = [
      await TRANSPORTS.HTTP(nodes[0]!.url, costing(2), token),
      await TRANSPORTS.HTTP(nodes[1]!.url, costing(2), token),
    ];
    expect([codes(first), codes(second)]).toEqual([[], []]);
    return second.extensions.cost.remaining === PURSE - 4;
  });
}

describeWithRedis('over Redis', () => {
  let redis: TestRedis;
  let nodes: TestServer[];
  beforeAll(async () => {
    redis = await startRedis();
    nodes = await startNodes(redis.url);
    await untilShared(nodes, 'first');
  });
  afterAll(async () => {
    await closeNodes(nodes);
    await redis.close();
  });

  it.each(Object.entries(TRANSPORTS))(
    'what was spent on one node is spent on the other, over %s too',
    async (name, ask) => {
      const token = await tokenOf('FAN', `shared over ${name} ${Date.now()}`);
      expect((await ask(nodes[0]!.url, costing(150), token)).extensions.cost.remaining).toBe(50);
      expect((await ask(nodes[1]!.url, costing(50), token)).extensions.cost.remaining).toBe(0);
      for (const node of nodes) {
        // Twice: the second is not asked of Redis any more.
        for (let tries = 0; tries < 2; tries += 1) {
          const refused = await ask(node.url, costing(2), token);
          expect([codes(refused), refused.data ?? null]).toEqual([['RATE_LIMITED'], null]);
          expect(refused.errors![0]!.extensions).toMatchObject({ resetMs: expect.any(Number), remaining: 0 });
        }
      }
    },
  );

  it('no subject and no address is among its keys', async () => {
    const subject = `a name ${Date.now()}`;
    await TRANSPORTS.WebSocket(nodes[0]!.url, costing(2), await tokenOf('FAN', subject));
    await TRANSPORTS.WebSocket(nodes[0]!.url, costing(2));
    const client = new Redis(redis.url);
    const keys = await client.keys('tightrope:cost:*');
    client.disconnect();
    expect(keys.length).toBeGreaterThan(1);
    for (const key of keys) expect(key).toMatch(/^tightrope:cost:(FAN|ANONYMOUS):[\w-]{43}$/);
  });
});

describeWithRedisServer('while Redis is away', () => {
  let redis: RedisProcess;
  let nodes: TestServer[];
  beforeAll(async () => {
    redis = await startRedisProcess();
    nodes = await startNodes(redis.url);
    await untilShared(nodes, 'first');
  });
  afterAll(async () => {
    await closeNodes(nodes);
    await redis.close();
  });

  const eachNodeCounts = async (subject: string) => {
    const token = await tokenOf('FAN', subject);
    for (const node of nodes) {
      for (const ask of Object.values(TRANSPORTS).slice(0, 2)) {
        expect(codes(await ask(node.url, costing(PURSE / 2), token))).toEqual([]);
      }
      expect(codes(await TRANSPORTS.WebSocket(node.url, costing(2), token))).toEqual(['RATE_LIMITED']);
    }
  };

  it('killed, each node counts for itself; back again, they count together', async () => {
    await redis.kill();
    await eachNodeCounts('of a killed one');
    await redis.start();
    await untilShared(nodes, 'after the kill');
  });

  it('frozen, each node counts for itself, and nobody waits for it', async () => {
    redis.pause();
    await eachNodeCounts('of a frozen one');
    redis.resume();
    await untilShared(nodes, 'after the thaw');
  });

  it('with its connections cut everybody is answered, and they count together again', async () => {
    await redis.killConnections();
    await untilShared(nodes, 'after the cut');
  });
});
