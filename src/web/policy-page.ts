/** /policy: the current policy and the catalogue of consent, for people to read. No script, no style from elsewhere. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { GraphQLSchema } from 'graphql';
import { CATALOGUE, CONSENT_SCOPES, findCurrentPolicy } from '../consent/index.ts';
import { gatedFields } from '../graphql/consent-plugin/index.ts';

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const STYLE = `body{font:17px/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#1c1c28}
h1,h2{line-height:1.25}pre{white-space:pre-wrap;font:inherit}code{font-size:.85em;color:#555}
dt{font-weight:600;margin-top:1.2rem}dd{margin:0}small{color:#666}`;

export function policyRoutes(
  orm: MikroORM,
  schema: GraphQLSchema,
): (req: IncomingMessage, res: ServerResponse) => boolean {
  const fields = gatedFields(schema);
  const scopes = CONSENT_SCOPES.map((scope) => {
    const { title, description, retention } = CATALOGUE[scope];
    const shown = (fields.get(scope) ?? []).map((field) => `<code>${field}</code>`).join(' ');
    return `<dt>${escapeHtml(title)} <code>${scope}</code></dt>
<dd>${escapeHtml(description)} <em>Kept:</em> ${escapeHtml(retention)} ${shown}</dd>`;
  });

  const page = async (res: ServerResponse) => {
    const policy = await findCurrentPolicy(orm.em.fork()).catch(() => null);
    res.writeHead(policy ? 200 : 503, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    });
    if (!policy) return res.end('<!doctype html><title>Policy</title><p>No policy can be shown now.');
    return res.end(`<!doctype html><html lang="${escapeHtml(policy.language)}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Policy ${escapeHtml(policy.version)}</title>
<style>${STYLE}</style>
<h1>What we ask, and what for</h1>
<p><small>Policy ${escapeHtml(policy.version)}, in effect since ${policy.effectiveAt.toISOString().slice(0, 10)},
SHA-256 ${policy.sha256}</small></p>
<pre>${escapeHtml(policy.text)}</pre>
<h2>The scopes of consent</h2><p>None is granted until you say so by name.</p><dl>${scopes.join('\n')}</dl></html>`);
  };

  return (req, res) => {
    if (req.method !== 'GET' || (req.url ?? '').split('?', 1)[0] !== '/policy') return false;
    void page(res);
    return true;
  };
}
