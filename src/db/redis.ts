/**
 * A connection to Redis or Valkey, for what may be lost: wake-ups and counts. It never keeps anybody waiting: a command
 * fails at once while there is no connection, and after a moment where nothing answers. It comes back by itself.
 */
import { Redis } from 'ioredis';
import type { Logger } from 'pino';

const CONNECT_MS = 2_000;
const ANSWER_MS = 250;
/** A connection on which something was asked and nothing came for so long is dead, and is made anew. */
const SILENT_MS = 500;
const RECONNECT_MS = [50, 100, 250, 500, 1_000];

/** `name` is what the server's own list of clients shows. */
export function connectRedis(url: string, log: Logger, name = 'tightrope'): Redis {
  const redis = new Redis(url, {
    connectionName: name,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_MS,
    commandTimeout: ANSWER_MS,
    socketTimeout: SILENT_MS,
    retryStrategy: (times) => RECONNECT_MS[Math.min(times, RECONNECT_MS.length) - 1]!,
  });
  let failing = false;
  redis.on('error', (error) => {
    if (!failing) log.warn({ err: error }, 'Redis cannot be reached');
    failing = true;
  });
  redis.on('ready', () => {
    if (failing) log.warn('Redis is back');
    failing = false;
  });
  return redis;
}
