/**
 * A node that is told to stop takes nobody new, answers what it was asked, hangs up with 1001, and gives its lease back
 * only when it can write to nobody any more.
 */
import { connect, type Socket } from 'node:net';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { converse } from '../support/conversation.ts';
import { enrollFan, LIVE_OFFERS, liveGameId, mutate } from '../support/operations.ts';
import { until } from '../support/process.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { withAdmin } from '../support/template.ts';

let server: TestServer;
let closing: Promise<void> | null;
beforeEach(async () => {
  closing = null;
  server = await startTestServer();
});
afterEach(() => closing ?? server.close());

const leave = () => {
  closing = server.close();
  return closing;
};

const CAMPAIGN = `mutation ($input: CreateCampaignInput!) {
  createCampaign(input: $input) { __typename ... on Error { message } }
}`;
const campaign = {
  name: 'The last one',
  offer: { title: 'Offer', body: 'At the counter.', discount: { percentOff: 10 } },
  budget: {},
  capPerFan: 1,
  validFrom: new Date(Date.now() - 60_000).toISOString(),
  validUntil: new Date(Date.now() + 3_600_000).toISOString(),
};

/** Whoever writes a campaign waits for `release`. */
async function holdCampaigns(): Promise<{ waiting: () => Promise<boolean>; release: () => Promise<void> }> {
  const lock = new Client({ connectionString: server.databaseUrl });
  await lock.connect();
  await lock.query('begin; lock table campaign in exclusive mode');
  return {
    waiting: async () => {
      const { rowCount } = await lock.query('select 1 from pg_locks where not granted and database is not null');
      return rowCount! > 0;
    },
    release: async () => {
      await lock.query('commit');
      await lock.end();
    },
  };
}

const leases = () =>
  withAdmin(server.databaseUrl, async (db) => Number((await db.query('select 1 from consent_lease')).rowCount));

/** A connection on which nothing has been asked yet. */
function callIn(): Promise<{ socket: Socket; said: () => string }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(Number(port), hostname, () => resolve({ socket, said: () => said }));
    socket.on('data', (chunk) => {
      said += chunk;
    });
    socket.on('error', () => {});
  });
}

describe('a node that is told to stop', () => {
  it('says that it is not ready and takes no more sockets, while it still answers a balancer that is connected', async () => {
    const held = await holdCampaigns();
    const [probe, upgrade] = [await callIn(), await callIn()];
    const asked = server.ask(await tokenOf('PARTNER', 'demo-partner'), CAMPAIGN, { input: campaign });
    await until(held.waiting);
    const left = leave();

    probe.socket.write('GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n');
    upgrade.socket.write(
      'GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await until(() => probe.said() && upgrade.said());
    expect(probe.said()).toMatch(/^HTTP\/1.1 503 .*\{"ready":false\}/s);
    expect(upgrade.said()).toMatch(/^HTTP\/1.1 503 /);
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');

    await held.release();
    expect((await asked).data.createCampaign.__typename).toBe('CreateCampaignSuccess');
    await left;
  });

  it('answers the partner who waits on a socket before it hangs up, and keeps its lease until then', async () => {
    const held = await holdCampaigns();
    const partner = converse(server.url, { authorization: `Bearer ${await tokenOf('PARTNER', 'demo-partner')}` });
    const idle = converse(server.url, {});
    await Promise.all([partner.heard('connection_ack'), idle.heard('connection_ack')]);
    partner.subscribe('1', CAMPAIGN, { input: campaign });
    await until(held.waiting);
    const left = leave();

    expect(await idle.closed).toEqual({ code: 1001, reason: 'Going away' });
    expect(await leases()).toBe(1);
    await held.release();
    expect((await partner.heard('next', '1')).payload.data.createCampaign.__typename).toBe('CreateCampaignSuccess');
    expect(await partner.closed).toEqual({ code: 1001, reason: 'Going away' });
    await left;
  });

  it('ends a fan’s stream over SSE as a body ends, and does not call it complete', async () => {
    const { token } = await enrollFan(server, ['OFFERS_LIVE', 'PRESENCE_VENUE']);
    const response = await fetch(server.url, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ query: LIVE_OFFERS, variables: { gameId: await liveGameId(server) } }),
    });
    const body = response.text();
    await until(async () => (await gauge('tightrope_open_event_streams')) === 1);
    await leave();
    expect(await body).toContain('StreamPosition');
    expect(await body).not.toContain('complete');
  });

  it('leaves no lease for a withdrawal to wait for', async () => {
    const other = await startTestServer({ databaseUrl: server.databaseUrl });
    try {
      const { token } = await enrollFan(other, ['OFFERS_LIVE']);
      expect(await leases()).toBe(2);
      await other.close();
      expect(await leases()).toBe(1);
      const { barrier } = await mutate(server, token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'] });
      expect(barrier.nodes).toBe(1);
    } finally {
      await other.close().catch(() => {});
    }
  });

  it('hangs up on a client that does not answer', async () => {
    const partner = converse(server.url, {});
    await partner.heard('connection_ack');
    partner.stopReading();
    await leave();
    expect(await leases().catch(() => 0)).toBe(0);
  });
});

async function gauge(name: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', server.url))).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
}
