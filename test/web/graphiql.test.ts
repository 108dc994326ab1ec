// What a browser gets at the endpoint, what it may keep, and what is left to the API.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GraphiqlTab, graphiqlRoutes } from '../../src/web/graphiql.ts';

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const hostile = 'query Hostile { a(b: "</script><script>alert(1)</script><!-- \u2028 \u2029 &amp;") }';
const errors: unknown[] = [];
let tabs: () => Promise<GraphiqlTab[]>;
let server: Server;
let origin: string;

beforeAll(async () => {
  const routes = graphiqlRoutes({ endpoint: '/graphql', tabs: () => tabs(), onError: (error) => errors.push(error) });
  server = createServer((req, res) => {
    if (!routes(req, res)) res.writeHead(418).end('the API');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((done) => server.close(done)));

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(origin + path, { method, headers });

async function page(...given: GraphiqlTab[]) {
  tabs = async () => given;
  const response = await get('/graphql', { accept: browser });
  return { response, html: await response.text() };
}

async function assets() {
  const { html } = await page();
  const script = /<script src="([^"]+)">/.exec(html)?.[1] ?? '';
  return { script, prefix: script.replace(/\.js$/, '') };
}

describe('the page', () => {
  it('holds the tabs of this very load and is never stored', async () => {
    const headers = '{"Authorization": "Bearer one"}';
    const { response, html } = await page({ name: 'Ask', query: '{ me }', headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(html).toContain('Bearer one');
    const second = await page({ query: '{ me }', headers: headers.replace('one', 'two') });
    expect(second.html).toContain('Bearer two');
    expect(second.html).not.toContain('Bearer one');
  });

  it('is confined to its own origin', async () => {
    const { response, html } = await page();
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it('lets no tab break out of the data block', async () => {
    const { html } = await page({ name: '</script>', query: hostile });
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).not.toContain('<!--');
    expect(html).not.toMatch(/[\u2028\u2029]/);
    const block = /<script type="application\/json" id="graphiql-config">(.*)<\/script>/.exec(html)?.[1] ?? '';
    expect(JSON.parse(block).tabs).toEqual([{ name: '</script>', query: hostile }]);
  });

  it('says nothing of why the tabs could not be made', async () => {
    tabs = () => Promise.reject(new Error('secret'));
    const response = await get('/graphql', { accept: browser });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(errors).toEqual([new Error('secret')]);
  });
});

describe('the assets', () => {
  it('are compressed and kept for good', async () => {
    const { script } = await assets();
    const response = await get(script, { 'accept-encoding': 'gzip, deflate, br' });
    expect(response.headers.get('content-encoding')).toBe('br');
    expect(Number(response.headers.get('content-length'))).toBeLessThan(2_000_000);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('vary')).toBe('accept-encoding');
    const etag = response.headers.get('etag') ?? '';
    const text = await response.text();
    expect(text).toContain('YogaGraphiQL');
    expect(text).toContain('connection_init');
    const again = await get(script, { 'accept-encoding': 'br', 'if-none-match': etag });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  it('are the same under every encoding, each with its own ETag', async () => {
    const { prefix } = await assets();
    const raw = async (encoding: string) => {
      const response = await get(`${prefix}.css`, { 'accept-encoding': encoding });
      return { etag: response.headers.get('etag'), text: await response.text(), headers: response.headers };
    };
    const [br, gzip, plain] = [await raw('br'), await raw('gzip, br;q=0'), await raw('identity')];
    expect(gzip.headers.get('content-encoding')).toBe('gzip');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(gzip.text).toBe(plain.text);
    expect(br.text).toBe(plain.text);
    expect(new Set([br.etag, gzip.etag, plain.etag]).size).toBe(3);
  });

  it('include every worker the page names, and nothing else', async () => {
    const { prefix } = await assets();
    for (const name of ['-editor.js', '-json.js', '-graphql.js']) {
      const response = await get(prefix + name);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('javascript');
      await response.body?.cancel();
    }
    for (const path of [`${prefix}.map`, `${prefix}constructor`, '/graphql/graphiql-0000.js']) {
      expect((await get(path)).status).toBe(404);
    }
  });
});

describe('the API keeps', () => {
  it.each([
    ['a GET that wants JSON', '/graphql', { accept: 'application/json' }, 'GET'],
    ['a GET that would rather have JSON', '/graphql', { accept: 'text/html;q=0.5, application/json' }, 'GET'],
    ['a GET that takes anything', '/graphql', { accept: '*/*' }, 'GET'],
    ['a GET with a query', '/graphql?query=%7Bme%7D', { accept: browser }, 'GET'],
    ['a POST', '/graphql', { accept: browser }, 'POST'],
    ['another path', '/graphqlx', { accept: browser }, 'GET'],
  ])('%s', async (_, path, headers, method) => {
    expect((await get(path, headers, method)).status).toBe(418);
  });
});
