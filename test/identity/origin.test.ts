/**
 * Pages of other sites get nothing out of a visitor's browser: answers carry CORS headers for the origins that the
 * operator lists, and for no other; and sockets, which browsers open without asking first, are judged by their Origin.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.ts';
import { upgradeStatus } from '../support/conversation.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const CLUB = 'https://club.example';
const APP = 'https://app.club.example:8443';
/** What a page in a sandboxed frame, or a file, calls itself: anybody can be that. */
const SANDBOX = 'null';
const FOREIGN = [
  ['another site', 'https://evil.example'],
  ['a frame in a sandbox', SANDBOX],
  ['the plain twin of a listed origin', 'http://club.example'],
  ['another port of a listed origin', 'https://club.example:444'],
  ['a name that begins like a listed one', 'https://club.example.evil.example'],
  ['a name that ends like a listed one', 'https://evilclub.example'],
  ['a part of a listed one', 'https://club'],
  ['a star', '*'],
  ['no name at all', ''],
] as const;

/** The headers by which a browser decides what a page may read. */
async function cors(server: TestServer, method: 'POST' | 'OPTIONS' | 'SSE' | 'REFUSED', origin: string | null) {
  const response = await fetch(server.url, {
    method: method === 'OPTIONS' ? 'OPTIONS' : 'POST',
    headers: {
      ...(origin === null ? {} : { origin }),
      ...(method === 'OPTIONS'
        ? { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' }
        : { 'content-type': 'application/json' }),
      ...(method === 'SSE' ? { accept: 'text/event-stream' } : {}),
      ...(method === 'REFUSED' ? { authorization: 'Bearer forged' } : {}),
    },
    ...(method === 'OPTIONS' ? {} : { body: JSON.stringify({ query: '{ viewer { role } }' }) }),
  });
  await response.text();
  return Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-')));
}
const METHODS = ['POST', 'OPTIONS', 'SSE', 'REFUSED'] as const;

/** The origin of the server itself, as its own pages have it. */
const own = (server: TestServer) => new URL(server.url).origin;

describe.each([
  ['no origin listed', []],
  ['one origin listed', [CLUB]],
  ['two origins listed', [CLUB, APP]],
] as const)('with %s', (_, listed) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ settings: { ALLOWED_ORIGINS: listed.join(', ') } });
  });
  afterAll(() => server.close());

  it('answers pages of those, and says so before they ask', async () => {
    for (const origin of listed) {
      for (const method of METHODS) {
        const headers = await cors(server, method, origin);
        expect(headers).toMatchObject({ 'access-control-allow-origin': origin });
        expect(headers).not.toHaveProperty('access-control-allow-credentials');
      }
      expect(await cors(server, 'OPTIONS', origin)).toMatchObject({
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization,content-type',
      });
    }
    // Whoever is no page needs no permission, and gets no header.
    for (const method of METHODS) expect(await cors(server, method, null)).toEqual({});
  });

  it.each(FOREIGN)('says nothing to %s', async (_, origin) => {
    for (const method of METHODS) expect(await cors(server, method, origin)).toEqual({});
  });

  it('opens sockets to those, to its own pages, and to what is no page', async () => {
    for (const origin of [...listed, own(server)]) expect(await upgradeStatus(server.url, { origin })).toBe(101);
    expect(await upgradeStatus(server.url, {})).toBe(101);
  });

  it.each(FOREIGN)('opens no socket to %s', async (_, origin) => {
    expect(await upgradeStatus(server.url, { origin })).toBe(403);
  });

  it('opens no socket to a page that calls itself by another port of the server', async () => {
    const origin = own(server).replace(/\d+$/, '1');
    expect(await upgradeStatus(server.url, { origin })).toBe(403);
  });
});

describe('the list of origins', () => {
  it.each(['*', 'club.example', 'https://club.example/', 'https://club.example/app', 'https://*.club.example', 'null'])(
    'refuses %s, which no browser sends, or any',
    (origin) => {
      const list = () => readConfig({ ALLOWED_ORIGINS: `${CLUB},${origin}` });
      expect(list).toThrow(ConfigError);
      expect(list).toThrow(/^ {2}ALLOWED_ORIGINS/m);
    },
  );

  it('takes origins of pages and of apps', () => {
    const { ALLOWED_ORIGINS } = readConfig({ ALLOWED_ORIGINS: `${CLUB}, ${APP},capacitor://localhost,` });
    expect(ALLOWED_ORIGINS).toEqual([CLUB, APP, 'capacitor://localhost']);
  });
});
