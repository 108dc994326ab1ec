/** /.well-known/gpc.json: says that Global Privacy Control is honored here (https://www.w3.org/TR/gpc/). */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** When the way it is honored last changed. */
const LAST_UPDATE = '2026-11-24';

export function gpcRoutes(req: IncomingMessage, res: ServerResponse): boolean {
  if (req.method !== 'GET' || (req.url ?? '').split('?', 1)[0] !== '/.well-known/gpc.json') return false;
  const support = { gpc: true, lastUpdate: LAST_UPDATE };
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(support));
  return true;
}
