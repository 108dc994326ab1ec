/** What one viewer may take from the others, put together from the settings. */
import type { Redis } from 'ioredis';
import type { Config } from '../config.ts';
import { Budget } from './budget.ts';
import { Connections } from './connections.ts';
import { Turns } from './turns.ts';

export { type Caller, callerOf } from './caller.ts';
export { useFairness } from './use-fairness.ts';

export interface Fairness {
  readonly budget: Budget;
  readonly connections: Connections;
  readonly turns: Turns;
}

export const createFairness = (config: Config, redis: Redis | null): Fairness => ({
  budget: new Budget({
    perMinute: {
      ANONYMOUS: config.COST_PER_MINUTE_ANONYMOUS,
      FAN: config.COST_PER_MINUTE_FAN,
      PARTNER: config.COST_PER_MINUTE_PARTNER,
      STAFF: config.COST_PER_MINUTE_STAFF,
      DEVICE: config.COST_PER_MINUTE_DEVICE,
    },
    redis,
    key: config.MASTER_KEY,
  }),
  connections: new Connections(config.CONNECTIONS_PER_VIEWER),
  turns: new Turns(config.OPERATIONS_PER_VIEWER),
});
