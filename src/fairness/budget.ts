/**
 * What each caller may spend: points of cost, by the minute, from its first operation on. With Redis all nodes share
 * one count; while it is away each node counts for itself, and nobody waits for it or is refused because of it.
 */
import { createHmac } from 'node:crypto';
import type { Redis } from 'ioredis';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { ROLES, type Role } from '../identity/viewer.ts';
import type { Caller } from './caller.ts';

const MINUTE_S = 60;

export interface Balance {
  /** False: there was not enough, and until the reset there will not be. */
  readonly enough: boolean;
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

interface BudgetOptions {
  readonly perMinute: Readonly<Record<Role, number>>;
  readonly redis: Redis | null;
  /** Redis is told nobody's subject or address, only what this key makes of it. */
  readonly key: string;
}

export class Budget {
  readonly #perMinute: BudgetOptions['perMinute'];
  readonly #limiters: ReadonlyMap<Role, RateLimiterAbstract>;
  readonly #nameOf: (caller: Caller) => string;

  constructor({ perMinute, redis, key }: BudgetOptions) {
    this.#perMinute = perMinute;
    this.#limiters = new Map(ROLES.map((role) => [role, createLimiter(role, perMinute[role], redis)]));
    this.#nameOf = ({ key: name }) =>
      redis ? createHmac('sha256', `cost ${key}`).update(name).digest('base64url') : name;
  }

  spend(caller: Caller, cost: number): Promise<Balance> {
    const limit = this.#perMinute[caller.role];
    return this.#limiters
      .get(caller.role)!
      .consume(this.#nameOf(caller), Math.max(1, Math.ceil(cost)))
      .then(
        (left) => balanceOf(true, limit, left),
        (left: unknown) => {
          if (!(left instanceof RateLimiterRes)) throw left;
          return balanceOf(false, limit, left);
        },
      );
  }
}

const balanceOf = (enough: boolean, limit: number, left: RateLimiterRes): Balance => ({
  enough,
  limit,
  remaining: left.remainingPoints,
  resetMs: Math.max(0, left.msBeforeNext),
});

function createLimiter(role: Role, points: number, redis: Redis | null): RateLimiterAbstract {
  const options = { keyPrefix: `tightrope:cost:${role}`, points, duration: MINUTE_S };
  const alone = new RateLimiterMemory(options);
  if (!redis) return alone;
  return new RateLimiterRedis({
    ...options,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: alone,
    // Who has spent everything is refused here, and Redis is not asked again before the reset.
    inMemoryBlockOnConsumed: points + 1,
  });
}
