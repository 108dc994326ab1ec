/** The pages that machines look at: /health (the process lives), /ready (it can serve), /metrics (Prometheus). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ConsentGate } from '../consent/index.ts';

export function probeRoutes(
  orm: MikroORM,
  { lease }: ConsentGate,
): (req: IncomingMessage, res: ServerResponse) => boolean {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'tightrope_consent_lease_held',
    help: '1 while this node may show what consent allows.',
    registers: [registry],
    collect() {
      this.set(lease.held() ? 1 : 0);
    },
  });

  const ready = async (res: ServerResponse) => {
    const up = await orm.em
      .fork()
      .execute(sql`select 1`)
      .then(
        () => lease.held(),
        () => false,
      );
    res.writeHead(up ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify({ ready: up }));
  };
  const metrics = async (res: ServerResponse) => {
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
