/** Who says no name is the address it comes from, whatever it writes into headers, over HTTP and WebSocket. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';

const PURSE = 200;
const QUERY = { query: `{ viewer { ${'role '.repeat(PURSE - 1)} } }` };
const PAID: (string | undefined)[] = [];
const REFUSED = ['RATE_LIMITED'];
const codes = (answer: Answer) => (answer.errors ?? []).map(({ extensions }) => extensions?.code);

type AskFrom = (url: string, forwardedFor: string) => Promise<Answer>;

const overHttp: AskFrom = async (url, forwardedFor) => {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': forwardedFor };
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(QUERY) })).json() as Promise<Answer>;
};

const overWebSocket: AskFrom = (url, forwardedFor) =>
  new Promise((resolve, reject) => {
    const headers = { 'x-forwarded-for': forwardedFor };
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { headers });
    const say = (message: object) => socket.send(JSON.stringify(message));
    socket.on('error', reject);
    socket.on('open', () => say({ type: 'connection_init' }));
    socket.on('message', (data) => {
      const { type, payload } = JSON.parse(String(data));
      if (type === 'connection_ack') return say({ id: '1', type: 'subscribe', payload: QUERY });
      socket.close();
      resolve(type === 'error' ? { errors: payload } : payload);
    });
  });

describe.each([
  ['HTTP', overHttp],
  ['WebSocket', overWebSocket],
] as const)('over %s', (_, ask) => {
  let open: TestServer;
  let behind: TestServer;
  beforeAll(async () => {
    const settings = { COST_PER_MINUTE_ANONYMOUS: String(PURSE) };
    open = await startTestServer({ settings });
    behind = await startTestServer({ settings: { ...settings, TRUSTED_PROXIES: '1' }, databaseUrl: open.databaseUrl });
  });
  afterAll(async () => {
    await behind.close();
    await open.close();
  });

  it('an address that a header claims is nobody, where no proxy is trusted', async () => {
    expect(codes(await ask(open.url, '203.0.113.1'))).toEqual(PAID);
    expect(codes(await ask(open.url, '203.0.113.2'))).toEqual(REFUSED);
  });

  it('behind one proxy it is the last address that counts, which the proxy wrote', async () => {
    expect(codes(await ask(behind.url, '203.0.113.1'))).toEqual(PAID);
    expect(codes(await ask(behind.url, '203.0.113.1'))).toEqual(REFUSED);
    expect(codes(await ask(behind.url, '198.51.100.9, 203.0.113.1'))).toEqual(REFUSED);
    expect(codes(await ask(behind.url, '::ffff:203.0.113.1'))).toEqual(REFUSED);
    expect(codes(await ask(behind.url, '203.0.113.2'))).toEqual(PAID);
  });

  it('of IPv6 all addresses of a network are one', async () => {
    expect(codes(await ask(behind.url, '2001:db8:1:2::1'))).toEqual(PAID);
    expect(codes(await ask(behind.url, '2001:db8:1:2:3:4:5:6'))).toEqual(REFUSED);
    expect(codes(await ask(behind.url, '2001:db8:1::2'))).toEqual(PAID);
    expect(codes(await ask(behind.url, '2001:db8:1:0:ffff::'))).toEqual(REFUSED);
    expect(codes(await ask(behind.url, '::1'))).toEqual(PAID);
  });
});
