/**
 * What one viewer may spend in a minute is one purse over HTTP, SSE and WebSocket: who has spent it is refused on all of
 * them, with nothing done, and nobody else notices.
 */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { converse } from '../support/conversation.ts';
import { announce, enrollFan, LIVE_OFFERS, liveGameId, mutate, POLICY } from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { openSocket, TRANSPORTS } from '../support/transports.ts';

const PURSE = 200;
const codes = (answer: Answer) => (answer.errors ?? []).map(({ extensions }) => extensions?.code);
/** It costs so many points, two at least. */
const costing = (points: number) => ({ query: `{ viewer { ${'role '.repeat(points - 1)} } }` });
const WHO = costing(2);

let generous: TestServer;
let server: TestServer;
let fans = 0;
beforeAll(async () => {
  generous = await startTestServer();
  const settings = {
    COST_PER_MINUTE_FAN: String(PURSE),
    COST_PER_MINUTE_ANONYMOUS: String(PURSE),
    COST_PER_MINUTE_PARTNER: String(2 * PURSE),
  };
  server = await startTestServer({ databaseUrl: generous.databaseUrl, settings });
});
afterAll(async () => {
  await server.close();
  await generous.close();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Whoever comes for the first time has a full purse. */
const someone = () => tokenOf('FAN', `spender-${++fans}`);
async function spent(): Promise<string> {
  const token = await someone();
  expect(codes(await TRANSPORTS.HTTP(server.url, costing(PURSE), token))).toEqual([]);
  return token;
}

describe.each(Object.entries(TRANSPORTS))('over %s', (_, ask) => {
  it('each answer tells what it cost and what is left, and the first that goes beyond is refused', async () => {
    const token = await someone();
    const [resetMs, bill] = [expect.any(Number), async (points: number) => ask(server.url, costing(points), token)];
    expect((await bill(50)).extensions.cost).toEqual({ requested: 50, limit: PURSE, remaining: 150, resetMs });
    const last = await bill(150);
    expect([codes(last), last.extensions.cost]).toEqual([[], { requested: 150, limit: PURSE, remaining: 0, resetMs }]);
    expect(last.extensions.cost.resetMs).toBeLessThanOrEqual(60_000);
    const refused = await bill(2);
    expect([codes(refused), refused.data ?? null]).toEqual([['RATE_LIMITED'], null]);
    expect(refused.errors![0]!.extensions).toMatchObject({ requested: 2, limit: PURSE, remaining: 0, resetMs });
    expect(refused.errors![0]!.extensions).not.toHaveProperty('http');
  });

  it('what was spent elsewhere is spent here', async () => {
    expect(codes(await ask(server.url, WHO, await spent()))).toEqual(['RATE_LIMITED']);
  });

  it('a purse is full again when its minute is over', async () => {
    const token = await spent();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    expect(codes(await ask(server.url, costing(PURSE), token))).toEqual([]);
    expect(codes(await ask(server.url, WHO, token))).toEqual(['RATE_LIMITED']);
  });

  it('nobody else pays', async () => {
    await spent();
    expect(codes(await ask(server.url, costing(PURSE), await someone()))).toEqual([]);
    const [partner, other] = [await tokenOf('PARTNER', 'demo-partner'), await tokenOf('STAFF', 'demo')];
    for (const token of [partner, other]) expect(codes(await ask(server.url, WHO, token))).toEqual([]);
  });

  it('a mutation that cannot be paid is not done', async () => {
    const token = await spent();
    const query = `mutation { enrollFan(input: { displayName: "Late", policyVersion: "${POLICY}" }) { __typename } }`;
    expect(codes(await ask(server.url, { query }, token))).toEqual(['RATE_LIMITED']);
    const subject = `spender-${fans}`;
    expect(await server.services.orm.em.fork().execute(sql`select 1 from fan where subject = ${subject}`)).toEqual([]);
  });

  it('what is refused for its size costs nothing', async () => {
    const token = await someone();
    const wide = { query: `{ ${'viewer { role } '.repeat(21)} }` };
    for (let tries = 0; tries < 10; tries += 1) {
      expect(codes(await ask(server.url, wide, token))).toEqual(['ROOT_FIELD_LIMIT_EXCEEDED']);
    }
    expect(codes(await ask(server.url, costing(PURSE), token))).toEqual([]);
  });
});

describe('a spent purse', () => {
  it('is a status and a time to come back over HTTP', async () => {
    const token = await spent();
    for (const accept of ['application/json', 'application/graphql-response+json', 'text/event-stream']) {
      const response = await fetch(server.url, {
        method: 'POST',
        headers: { accept, 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(WHO),
      });
      await response.body!.cancel();
      expect(response.status).toBe(429);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });

  it('is an error of that operation on a socket, which stays open for whoever waits on it', async () => {
    const { token } = await enrollFan(generous, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
    const gameId = await liveGameId(generous);
    await mutate(generous, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    const socket = await openSocket(server.url, token);
    socket.send({ id: 'offers', type: 'subscribe', payload: { query: LIVE_OFFERS, variables: { gameId } } });
    await socket.heard(({ id, type }) => id === 'offers' && type === 'next');
    // More than a socket may hold: none of the refused is still held.
    for (let n = 0; n < 40; n += 1) {
      socket.send({ id: `q${n}`, type: 'subscribe', payload: costing(PURSE) });
      const heard = await socket.heard(({ id }) => id === `q${n}`);
      expect(heard).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'RATE_LIMITED' } }] });
    }
    socket.send({ id: 'again', type: 'subscribe', payload: { query: LIVE_OFFERS, variables: { gameId } } });
    expect(await socket.heard(({ id }) => id === 'again')).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'RATE_LIMITED' } }],
    });
    // What is paid for comes.
    const offerId = await announce(generous, gameId);
    await socket.heard(({ payload }) => payload?.data?.liveOffers?.offer?.id === offerId);
    socket.close();
  });

  it('is not filled by another socket, and not by the next token of the same subject', async () => {
    const [token, subject] = [await spent(), `spender-${fans}`];
    for (const again of [token, await tokenOf('FAN', subject, '5m')]) {
      const socket = await openSocket(server.url, again);
      socket.send({ id: '1', type: 'subscribe', payload: WHO });
      expect((await socket.heard(({ id }) => id === '1')).type).toBe('error');
      socket.close();
    }
  });

  it('of all who say no name is one for an address, and leaves the public pages open', async () => {
    const { HTTP, SSE, WebSocket } = TRANSPORTS;
    expect(codes(await WebSocket(server.url, costing(PURSE)))).toEqual([]);
    for (const ask of [HTTP, SSE, WebSocket]) expect(codes(await ask(server.url, WHO))).toEqual(['RATE_LIMITED']);
    for (const path of ['/health', '/ready', '/metrics', '/policy', '/.well-known/jwks.json', '/graphql']) {
      const { status, body } = await fetch(new URL(path, server.url), { headers: { accept: 'text/html' } });
      await body?.cancel();
      expect([path, status]).toEqual([path, 200]);
    }
    const conversation = converse(server.url, {});
    await conversation.heard('connection_ack');
    conversation.close();
  });
});
