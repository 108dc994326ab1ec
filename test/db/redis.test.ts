/** Nobody waits for Redis: while it is frozen or gone a command fails in a moment, and once it is back they succeed. */
import { Writable } from 'node:stream';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectRedis } from '../../src/db/redis.ts';
import { createLog } from '../../src/log.ts';
import { until } from '../support/process.ts';
import { describeWithRedisServer, type RedisProcess, startRedisProcess } from '../support/redis.ts';

describeWithRedisServer('a connection to Redis', () => {
  let server: RedisProcess;
  let redis: Redis;
  let said = '';
  beforeAll(async () => {
    server = await startRedisProcess();
    const sink = new Writable({
      write: (chunk, _, done) => {
        said += chunk;
        done();
      },
    });
    redis = connectRedis(server.url, createLog('info', sink));
    await connected();
  });
  afterAll(async () => {
    redis.disconnect();
    await server.close();
  });
  const connected = () => until(() => redis.set('here', 'yes').catch(() => null));

  it('fails a command at once while it cannot be reached, and says so once', async () => {
    await server.kill();
    for (let tries = 0; tries < 20; tries += 1) await expect(redis.get('here')).rejects.toThrow();
    await until(() => said.includes('Redis cannot be reached'));
    await server.start();
    await connected();
    await until(() => said.includes('Redis is back'));
    expect(said.match(/cannot be reached/g)).toHaveLength(1);
  });

  it('does not wait for an answer that does not come, and comes back by itself', async () => {
    server.pause();
    await expect(redis.get('here')).rejects.toThrow('timed out');
    // It gives the connection up, and from then on does not even ask.
    await until(() => redis.get('here').then(null, (error: Error) => /writeable|closed/.test(error.message)));
    server.resume();
    await connected();
  });

  it('is back after its connections were cut', async () => {
    await server.killConnections();
    await connected();
    expect(await redis.get('here')).toBe('yes');
  });
});
