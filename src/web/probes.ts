/** The pages that machines look at: /health (the process lives), /ready (it can serve), /metrics (Prometheus). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ConsentGate } from '../consent/index.ts';
import type { Drain } from '../live/drain.ts';
import type { Backlog, Live } from '../live/index.ts';

interface Probed {
  readonly orm: MikroORM;
  readonly gate: ConsentGate;
  readonly live: Live;
  readonly drain: Drain;
  readonly sockets: () => number;
}

export function probeRoutes({
  orm,
  gate: { lease },
  live,
  drain,
  sockets,
}: Probed): (req: IncomingMessage, res: ServerResponse) => boolean {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `tightrope_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('consent_lease_held', '1 while this node may show what consent allows.', () => (lease.held() ? 1 : 0));
  gauge('draining', '1 once this node was told to stop.', () => (drain.leaving ? 1 : 0));
  gauge('open_sockets', 'WebSockets that are open.', sockets);
  gauge('open_event_streams', 'Streams that are open over HTTP.', () => drain.eventStreams);
  gauge('open_streams', 'Subscriptions to topics that are open, over whatever.', () => live.census.streams);
  gauge('topics', 'Topics that this node keeps in memory.', () => live.census.topics);
  gauge('topic_listeners', 'Who waits at these topics.', () => live.census.listeners);
  // Asked before each report; no number while the database does not answer.
  let backlog: Backlog | null = null;
  const stalled = 'Age of the oldest open transaction that has written, for which all streams wait.';
  gauge('outbox_stalled_seconds', stalled, () => backlog?.stalledSeconds ?? Number.NaN);
  const waiting = 'Events that are committed and that this node has not handed out yet.';
  gauge('outbox_waiting', waiting, () => backlog?.waiting ?? Number.NaN);

  gauge('redis_up', '1 while Redis carries the wake-ups; 0 too where there is none.', () =>
    live.wakeUps.redisUp ? 1 : 0,
  );
  new Counter({
    name: 'tightrope_wake_ups_sent_total',
    help: 'Messages that tell the other nodes that there is something to read.',
    labelNames: ['over'],
    registers: [registry],
    collect() {
      this.reset();
      const { redis, postgres } = live.wakeUps.sent;
      this.inc({ over: 'redis' }, redis);
      this.inc({ over: 'postgres' }, postgres);
    },
  });

  const ready = async (res: ServerResponse) => {
    // At once, and before the lease and the database are asked.
    const up =
      !drain.leaving &&
      (await orm.em
        .fork()
        .execute(sql`select 1`)
        .then(
          () => lease.held() && !drain.leaving,
          () => false,
        ));
    res
      .writeHead(up ? 200 : 503, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ready: up, ...stateOfRedis() }));
  };
  /** Without it a node is slower to hear of the others, and as ready as with it. */
  const stateOfRedis = () => {
    const { redisUp } = live.wakeUps;
    return redisUp === null ? {} : { redis: redisUp ? 'up' : 'down' };
  };
  const metrics = async (res: ServerResponse) => {
    backlog = await live.readBacklog().catch(() => null);
    res.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics());
  };

  return (req, res) => {
    if (req.method !== 'GET') return false;
    const path = (req.url ?? '').split('?', 1)[0];
    if (path === '/health') res.writeHead(200, { 'content-type': 'application/json' }).end('{"healthy":true}');
    else if (path === '/ready') void ready(res);
    else if (path === '/metrics') void metrics(res);
    else return false;
    return true;
  };
}
