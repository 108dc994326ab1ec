/** One viewer holds so many sockets and event streams open at once, whoever else comes from there, and no more. */
import { createServer } from 'node:http';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { listen } from '../../src/server.ts';
import { converse } from '../support/conversation.ts';
import { makeKey, startIssuer } from '../support/issuer.ts';
import { enrollFan, LIVE_OFFERS, liveGameId } from '../support/operations.ts';
import { until } from '../support/process.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { openSocket } from '../support/transports.ts';

const MOST = 3;
const TOO_MANY = { code: 4420, reason: 'Too many connections' };

describe('a viewer', () => {
  let server: TestServer;
  let gameId: string;
  let fans = 0;
  beforeAll(async () => {
    server = await startTestServer({ settings: { CONNECTIONS_PER_VIEWER: String(MOST) } });
    gameId = await liveGameId(server);
  });
  afterAll(() => server.close());

  const someone = () => tokenOf('FAN', `connected-${++fans}`);
  const hold = (token: string | undefined, count: number) =>
    Promise.all(Array.from({ length: count }, () => openSocket(server.url, token)));
  /** How the server hangs up on one more. */
  const oneMore = (token: string | undefined) =>
    converse(server.url, token ? { authorization: `Bearer ${token}` } : {}).closed;
  const stream = async (token: string) => {
    const abort = new AbortController();
    const response = await fetch(server.url, {
      method: 'POST',
      signal: abort.signal,
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ query: LIVE_OFFERS, variables: { gameId } }),
    });
    return { status: response.status, text: () => response.text(), close: () => abort.abort() };
  };
  /** Closing takes a moment. */
  const admits = (token: string | undefined) =>
    until(() =>
      openSocket(server.url, token).then(
        (socket) => {
          socket.close();
          return true;
        },
        () => false,
      ),
    );

  it('may open so many sockets, and another when one has closed; the next fan at the same address is let in', async () => {
    const [token, other] = [await someone(), await someone()];
    const sockets = await hold(token, MOST);
    expect(await oneMore(token)).toEqual(TOO_MANY);
    for (const socket of await hold(other, MOST)) socket.close();
    // Those that are open go on.
    sockets[0]!.send({ id: '1', type: 'subscribe', payload: { query: '{ viewer { role } }' } });
    await sockets[0]!.heard(({ id }) => id === '1');
    sockets[0]!.close();
    await admits(token);
    for (const socket of sockets) socket.close();
  });

  it('who says no name shares them with all of that address who say none', async () => {
    const sockets = await hold(undefined, MOST);
    expect(await oneMore(undefined)).toEqual(TOO_MANY);
    for (const socket of [...(await hold(await someone(), 1)), ...sockets]) socket.close();
    await admits(undefined);
  });

  it('has no more of them over SSE, and none beside the sockets', async () => {
    const { token } = await enrollFan(server, ['OFFERS_LIVE']);
    const [socket] = await hold(token, 1);
    const streams = [await stream(token), await stream(token)];
    expect(streams.map(({ status }) => status)).toEqual([200, 200]);
    const refused = await stream(token);
    expect([refused.status, await refused.text()]).toEqual([429, expect.stringContaining('CONNECTION_LIMIT_EXCEEDED')]);
    expect(await oneMore(token)).toEqual(TOO_MANY);
    socket!.close();
    await until(async () => {
      const one = await stream(token);
      one.close();
      return one.status === 200;
    });
    for (const { close } of streams) close();
    await admits(token);
  });

  it('is counted right however connections end: cut, refused, before and after they said who they are', async () => {
    const token = await someone();
    const cut = async (afterOpen: (socket: WebSocket) => void) => {
      const socket = new WebSocket(server.url.replace('http', 'ws'), 'graphql-transport-ws');
      await new Promise((resolve) => socket.once('open', resolve));
      afterOpen(socket);
      socket.terminate();
    };
    const say = (socket: WebSocket, authorization: string) =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
    for (let round = 0; round < 20; round += 1) {
      await cut(() => {});
      await cut((socket) => say(socket, `Bearer ${token}`));
      await cut((socket) => say(socket, 'Bearer nonsense'));
      const acknowledged = await openSocket(server.url, token).catch(() => null);
      acknowledged?.close();
    }
    await until(async () => {
      const sockets = await hold(token, MOST).catch(() => null);
      if (!sockets) return false;
      const last = await oneMore(token);
      for (const socket of sockets) socket.close();
      return last.code === TOO_MANY.code;
    });
  });

  it('is not counted for sockets that have closed before it was known whose they are', async () => {
    const key = await makeKey('one');
    const issuer = await startIssuer(key);
    const [asked, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = createServer(async (_, res) => {
      asked.resolve();
      await open.promise;
      res.end(await (await fetch(issuer.settings.JWKS_URL!)).text());
    });
    const settings = {
      ...issuer.settings,
      JWKS_URL: await listen(slow, { HOST: '127.0.0.1', PORT: 0 }),
      CONNECTIONS_PER_VIEWER: String(MOST),
    };
    const other = await startTestServer({ settings, databaseUrl: server.databaseUrl });
    const token = await issuer.sign(key, { sub: 'impatient', role: 'FAN' });
    const conversations = Array.from({ length: MOST }, () => converse(other.url, { authorization: `Bearer ${token}` }));
    await asked.promise;
    for (const { close } of conversations) close();
    await Promise.all(conversations.map(({ closed }) => closed));
    const metrics = async () => (await fetch(new URL('/metrics', other.url))).text();
    await until(async () => /^tightrope_open_sockets 0$/m.test(await metrics()));
    open.resolve();
    const sockets = await Promise.all(Array.from({ length: MOST }, () => openSocket(other.url, token)));
    for (const socket of sockets) socket.close();
    await other.close();
    slow.close();
    await issuer.close();
  });

  it('comes in by itself as soon as another of its sockets has closed: its client goes on trying', async () => {
    const token = await someone();
    const sockets = await hold(token, MOST);
    let refused = 0;
    const client = createClient({
      url: server.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 1_000,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 20)),
      connectionParams: { authorization: `Bearer ${token}` },
      on: {
        closed: (event) => {
          refused += (event as { code: number }).code === TOO_MANY.code ? 1 : 0;
          if (refused === 2) sockets[0]!.close();
        },
      },
    });
    const answers = client.iterate({ query: '{ viewer { role } }' });
    expect((await answers.next()).value).toMatchObject({ data: { viewer: { role: 'FAN' } } });
    expect(refused).toBeGreaterThanOrEqual(2);
    await client.dispose();
    for (const socket of sockets) socket.close();
  });
});
