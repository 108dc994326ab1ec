/** A real Redis of a test's own, that can be paused, killed and started again; or, for what harms nobody, that of REDIS_URL. */
import { describe } from 'vitest';
import { cutConnections, REDIS_PROGRAM, type RedisProcess, startRedisProcess } from '../../soak/redis-process.ts';

export { type RedisProcess, startRedisProcess };

const { CI, REDIS_URL } = process.env;

/** Skipped where there is neither a program nor a URL; never in CI, where they fail instead. */
export const describeWithRedis = describe.skipIf(!CI && !REDIS_PROGRAM && !REDIS_URL);
/** The same for tests that pause or kill it. */
export const describeWithRedisServer = describe.skipIf(!CI && !REDIS_PROGRAM);

export type TestRedis = Pick<RedisProcess, 'url' | 'killConnections' | 'close'>;

/** A server of the test's own where there is one to start. */
export async function startRedis(): Promise<TestRedis> {
  if (REDIS_PROGRAM || !REDIS_URL) return startRedisProcess();
  return { url: REDIS_URL, killConnections: () => cutConnections(REDIS_URL), close: async () => {} };
}
