/** What goes wrong, over and over: nodes are killed or told to leave, Redis is cut off, stands still or dies. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Nodes } from './nodes.ts';
import type { RedisProcess } from './redis-process.ts';

const PAUSED_MS = 2_000;
const DEAD_MS = 1_000;
const LONGEST_GAP_MS = 20_000;
const SHORTEST_GAP_MS = 3_000;
const GAPS = 10;

export interface Kills {
  nodesKilled: number;
  nodesRestarted: number;
  redisCut: number;
  redisPaused: number;
  redisKilled: number;
}

export interface TroubleOptions {
  readonly nodes: Nodes;
  /** Null: there is none to be had. */
  readonly redis: RedisProcess | null;
  readonly totalMs: number;
}

/** Until the time is up; what has begun is brought to its end. */
export async function makeTrouble({ nodes, redis, totalMs }: TroubleOptions): Promise<Kills> {
  const kills: Kills = { nodesKilled: 0, nodesRestarted: 0, redisCut: 0, redisPaused: 0, redisKilled: 0 };
  const began = performance.now();
  const gap = Math.min(LONGEST_GAP_MS, Math.max(SHORTEST_GAP_MS, totalMs / GAPS));
  const left = () => totalMs - (performance.now() - began);
  /** After a third of the time the first node is left alone, so that its heap can be told. */
  const place = (turn: number) => (left() > (2 * totalMs) / 3 ? turn % nodes.count : nodes.count - 1);
  const troubles: ((turn: number) => Promise<void>)[] = [
    async (turn) => {
      await nodes.replace(place(turn), 'SIGKILL');
      kills.nodesKilled += 1;
    },
    async () => {
      if (!redis) return;
      await redis.kill();
      await sleep(DEAD_MS);
      await redis.start();
      kills.redisKilled += 1;
    },
    async (turn) => {
      await nodes.replace(place(turn), 'SIGTERM');
      kills.nodesRestarted += 1;
    },
    async () => {
      if (!redis) return;
      await redis.killConnections();
      kills.redisCut += 1;
    },
    async () => {
      if (!redis) return;
      redis.pause();
      await sleep(PAUSED_MS);
      redis.resume();
      kills.redisPaused += 1;
    },
  ];
  for (let turn = 0; left() > gap; turn += 1) {
    await sleep(gap);
    await troubles[turn % troubles.length]!(turn);
  }
  await sleep(Math.max(0, left()));
  return kills;
}
