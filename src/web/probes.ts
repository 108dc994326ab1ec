/** The pages that machines look at: /health (the process lives), /ready (it can serve), /metrics (Prometheus). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { collectDefaultMetrics, Registry } from 'prom-client';

export function probeRoutes(orm: MikroORM): (req: IncomingMessage, res: ServerResponse) => boolean {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const ready = async (res: ServerResponse) => {
    const up = await orm.em
      .fork()
      .execute(sql`select 1`)
      .then(
        () => true,
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
