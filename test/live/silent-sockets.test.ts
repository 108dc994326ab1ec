/** A socket that says nothing is not kept: not before it has said who it is, and not when it no longer answers. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { enrollFan, LIVE_OFFERS, liveGameId } from '../support/operations.ts';
import { listen, openRaw } from '../support/raw-socket.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('a socket', () => {
  let server: TestServer;
  let gameId: string;
  beforeAll(async () => {
    server = await startTestServer();
    gameId = await liveGameId(server);
  });
  afterAll(() => server.close());

  it('is closed when it does not say who it is', async () => {
    const socket = new WebSocket(server.url.replace('http', 'ws'), 'graphql-transport-ws');
    const [code] = await once(socket, 'close');
    expect(code).toBe(4408);
  });

  it('is cut when it has not answered a ping by the next, and its stream is gone; others stay', async () => {
    const { token } = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
    const [mute, healthy] = [await openRaw(server.url, token, { autoPong: false }), await openRaw(server.url, token)];
    for (const raw of [mute, healthy]) await listen(raw, 'a', LIVE_OFFERS, { gameId });
    await expect.poll(() => server.hub!.members, { timeout: 10_000 }).toBe(2);
    const [code] = await once(mute.socket, 'close');
    expect(code).toBe(1006);
    await expect.poll(() => server.hub!.members, { timeout: 10_000 }).toBe(1);
    expect(healthy.socket.readyState).toBe(WebSocket.OPEN);
    healthy.socket.close();
  });
});
