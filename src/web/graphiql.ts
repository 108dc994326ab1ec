// Serves GraphiQL to browsers without any network but our own origin: a small page that is never stored, for it holds
// the tabs and their tokens, and immutable assets, compressed once. What runs in the page is graphiql-browser.js.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export interface GraphiqlTab {
  name?: string;
  query: string;
  variables?: string;
  headers?: string;
}

export interface GraphiqlOptions {
  endpoint: string;
  /** Ready-to-run tabs, asked for at every page load. */
  tabs: () => Promise<GraphiqlTab[]>;
  onError?: (error: unknown) => void;
}

type Encoding = 'br' | 'gzip' | 'identity';
type Assets = Record<string, { type: string; text: string }>;

const security = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // The editor in GraphiQL writes style elements and attributes without a nonce, hence unsafe-inline for styles alone.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src data:; img-src 'self' data:; " +
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};
const unstored = { ...security, 'cache-control': 'no-store' };

export function graphiqlRoutes(options: GraphiqlOptions): (req: IncomingMessage, res: ServerResponse) => boolean {
  const { endpoint, onError } = options;
  const once = memoized();
  const bundle = () => once('bundle', load);
  const pack = (name: string, text: string, as: Encoding) => once(`${as} ${name}`, () => compress(text, as));

  async function page(res: ServerResponse) {
    const [{ hash, assets }, tabs] = await Promise.all([bundle(), options.tabs()]);
    const html = render({ endpoint, assets: `${endpoint}/graphiql-${hash}`, tabs });
    res.writeHead(200, { ...unstored, vary: 'accept', 'content-type': 'text/html; charset=utf-8' }).end(html);
    // By the time the browser asks for the assets they are already being compressed.
    await Promise.all(Object.entries(assets).map(([name, { text }]) => pack(name, text, 'br')));
  }

  async function asset(req: IncomingMessage, res: ServerResponse, path: string) {
    const { hash, assets } = await bundle();
    const prefix = `${endpoint}/graphiql-${hash}`;
    const name = path.slice(prefix.length);
    const found = path.startsWith(prefix) && Object.hasOwn(assets, name) ? assets[name] : undefined;
    if (!found) return res.writeHead(404, unstored).end();
    const encoding = chooseEncoding(req.headers['accept-encoding']);
    const etag = `"${hash}-${encoding}"`;
    const lasting = { 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' };
    const headers = { ...security, ...lasting, etag };
    if (req.headers['if-none-match']?.includes(etag)) return res.writeHead(304, headers).end();
    const body = await pack(name, found.text, encoding);
    if (encoding !== 'identity') res.setHeader('content-encoding', encoding);
    return res.writeHead(200, { ...headers, 'content-type': found.type, 'content-length': body.length }).end(body);
  }

  return (req, res) => {
    if (req.method !== 'GET') return false;
    const [path = '', search = ''] = (req.url ?? '').split('?', 2);
    const isPage = path === endpoint && prefersHtml(req.headers.accept) && !new URLSearchParams(search).has('query');
    if (!isPage && !path.startsWith(`${endpoint}/graphiql-`)) return false;
    (isPage ? page(res) : asset(req, res, path)).catch((error) => {
      onError?.(error);
      if (!res.headersSent) res.writeHead(500, unstored).end('GraphiQL could not be prepared.\n');
    });
    return true;
  };
}

async function load() {
  const graphiql = await import('@graphql-yoga/render-graphiql/graphiql');
  const own = await readFile(new URL('./graphiql-browser.js', import.meta.url), 'utf8');
  // GraphiQL animates its tabs, and one of them may end up lying over another and take its clicks: hold them still.
  const still = '.graphiql-tab { transform: none !important }';
  const script = (text: string) => ({ type: 'text/javascript; charset=utf-8', text });
  const assets: Assets = {
    '.js': script(`${graphiql.js}\n${own}`),
    '-editor.js': script(graphiql.editorWorkerService),
    '-json.js': script(graphiql.jsonWorker),
    '-graphql.js': script(graphiql.graphqlWorker),
    '.css': { type: 'text/css; charset=utf-8', text: `${graphiql.css}${still}` },
  };
  const sum = createHash('sha256');
  for (const { text } of Object.values(assets)) sum.update(text);
  return { hash: sum.digest('hex').slice(0, 16), assets };
}

function render(config: { endpoint: string; assets: string; tabs: GraphiqlTab[] }): string {
  // A data block is not executed; escaping these leaves nothing in it that could end it or split a line.
  const json = JSON.stringify(config).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>tightrope · GraphiQL</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${config.assets}.css">
  </head>
  <body class="no-focus-outline">
    <div id="root"><noscript>GraphiQL needs JavaScript.</noscript></div>
    <script type="application/json" id="graphiql-config">${json}</script>
    <script src="${config.assets}.js"></script>
  </body>
</html>
`;
}

function memoized() {
  const results = new Map<string, Promise<unknown>>();
  return <T>(key: string, make: () => Promise<T>): Promise<T> => {
    const result = (results.get(key) as Promise<T> | undefined) ?? make();
    results.set(key, result);
    result.catch(() => results.delete(key));
    return result;
  };
}

async function compress(text: string, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'gzip') return promisify(gzip)(text);
  if (encoding === 'br') return promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });
  return Buffer.from(text);
}

function chooseEncoding(accepted = ''): Encoding {
  const offers = accepted.split(',').map((part) => part.replaceAll(' ', ''));
  const accepts = (name: string) => offers.some((offer) => offer.split(';')[0] === name && !/;q=0(\.0*)?$/.test(offer));
  return accepts('br') ? 'br' : accepts('gzip') ? 'gzip' : 'identity';
}

function prefersHtml(accept = ''): boolean {
  const offers = accept.split(',').map((part) => {
    const [type = '', ...rest] = part.replaceAll(' ', '').toLowerCase().split(';');
    return { type, quality: Number(rest.find((p) => p.startsWith('q='))?.slice(2) ?? 1) };
  });
  const best = offers.filter((offer) => /^(text\/html|application\/.*json)$/.test(offer.type) && offer.quality > 0);
  return best.sort((a, b) => b.quality - a.quality)[0]?.type === 'text/html';
}
