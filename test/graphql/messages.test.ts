/**
 * What one message may be, and how many operations one socket: too large, malformed or too many is refused with a clear
 * answer, over HTTP with a status and a code, over WebSocket with a code or a close; nothing less is refused.
 */
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/graphql/limits.ts';
import { enrollFan, LIVE_OFFERS, liveGameId } from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';
import { openSocket, type RawSocket } from '../support/transports.ts';

const WHO = '{ viewer { role } }';

/** So many bytes, mostly of characters that have three. */
function padded(bytes: number, write: (query: string) => string): string {
  const left = bytes - Buffer.byteLength(write(`${WHO} #`));
  return write(`${WHO} #${'€'.repeat(Math.floor(left / 3))}${'.'.repeat(left % 3)}`);
}

describe('a message', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const post = async (body: RequestInit['body'], more: RequestInit = {}) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(server.url, { method: 'POST', headers, body, ...more } as RequestInit);
    return { status: response.status, answer: (await response.json()) as Answer };
  };
  const asBody = (query: string) => JSON.stringify({ query });
  const asMessage = (query: string) => JSON.stringify({ id: '1', type: 'subscribe', payload: { query } });

  it('may be a body of so many bytes, and is not read beyond that', async () => {
    expect(await post(padded(LIMITS.messageBytes, asBody))).toMatchObject({
      status: 200,
      answer: { data: { viewer: { role: 'ANONYMOUS' } } },
    });
    for (const bytes of [LIMITS.messageBytes + 1, 50 * LIMITS.messageBytes]) {
      const { status, answer } = await post(padded(bytes, asBody));
      expect([status, answer.errors]).toEqual([
        413,
        [
          {
            message: `A body may have ${LIMITS.messageBytes} bytes.`,
            extensions: { code: 'MESSAGE_SIZE_LIMIT_EXCEEDED' },
          },
        ],
      ]);
    }
  });

  it('that does not say how long it is, is not read either', async () => {
    const body = new Blob([asBody(WHO)]).stream();
    const { status, answer } = await post(body, { duplex: 'half' } as RequestInit);
    expect([status, answer.errors![0]!.extensions.code]).toEqual([411, 'MESSAGE_SIZE_LIMIT_EXCEEDED']);
  });

  it('may be as long on a socket, which closes with 1009 beyond that', async () => {
    const [allowed, refused] = [await openSocket(server.url), await openSocket(server.url)];
    allowed.send(padded(LIMITS.messageBytes, asMessage));
    const { payload } = await allowed.heard(({ type }) => type === 'next');
    expect(payload.data).toEqual({ viewer: { role: 'ANONYMOUS' } });
    allowed.close();
    refused.send(padded(LIMITS.messageBytes + 1, asMessage));
    expect(await refused.closed).toBe(1009);
  });

  it.each([
    '{',
    '',
    'null',
    '5',
    '"{ viewer { role } }"',
    '[]',
    `[${JSON.stringify({ query: WHO })}]`,
    '{"query":5}',
    '{"query":"{ viewer { role } }","variables":"x"}',
    '{"query":"{ viewer { role } }","variables":[]}',
    '{"query":"{ viewer { role } }","more":1}',
  ])('%j is a bad request over HTTP', async (body) => {
    const { status, answer } = await post(body);
    expect([status, answer.errors!.map(({ extensions }) => extensions.code), answer.data]).toEqual([
      400,
      ['BAD_REQUEST'],
      undefined,
    ]);
  });

  it.each([
    '{',
    '',
    'null',
    '5',
    '{}',
    '{"type":"else"}',
    '{"type":"subscribe"}',
    '{"type":"subscribe","id":"","payload":{"query":"{ viewer { role } }"}}',
    '{"type":"subscribe","id":"1","payload":{"query":5}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ viewer { role } }","variables":[]}}',
  ])('%j closes a socket with 4400', async (message) => {
    const socket = await openSocket(server.url);
    socket.send(message);
    expect(await socket.closed).toBe(4400);
  });

  it.each([
    ['GRAPHQL_PARSE_FAILED', '{ viewer { role }'],
    ['GRAPHQL_VALIDATION_FAILED', '{ viewers }'],
    ['OPERATION_RESOLUTION_FAILURE', 'query A { viewer { role } } query B { viewer { role } }'],
  ])('has the same code for a mistake on a socket as over HTTP: %s', async (code, query) => {
    // The socket first: yoga remembers the errors of a document that it has seen.
    const socket = await openSocket(server.url);
    socket.send({ id: '1', type: 'subscribe', payload: { query } });
    const { payload } = await socket.heard(({ type }) => type === 'error');
    expect(payload).toMatchObject([{ extensions: { code } }]);
    expect((await post(asBody(query))).answer.errors).toMatchObject([{ extensions: { code } }]);
    socket.close();
  });
});

describe('a socket', () => {
  let server: TestServer;
  let gameId: string;
  let token: string;
  beforeAll(async () => {
    server = await startTestServer();
    gameId = await liveGameId(server);
    ({ token } = await enrollFan(server, ['OFFERS_LIVE']));
  });
  afterAll(() => server.close());

  const listen = (socket: RawSocket, id: string) =>
    socket.send({ id, type: 'subscribe', payload: { query: LIVE_OFFERS, variables: { gameId } } });
  const giveUp = (socket: RawSocket, id: string) => socket.send({ id, type: 'complete' });
  const first = (socket: RawSocket, wanted: string) => socket.heard(({ id }) => id === wanted);
  const REFUSED = { type: 'error', payload: [{ extensions: { code: 'SUBSCRIPTION_LIMIT_EXCEEDED' } }] };
  const OPENED = { type: 'next', payload: { data: { liveOffers: { __typename: 'StreamPosition' } } } };

  /** While `work` runs nobody can be identified, so that operations begin and do not get on. */
  async function whileNobodyIsIdentified(work: () => Promise<void>): Promise<void> {
    const client = new Client({ connectionString: server.databaseUrl });
    await client.connect();
    await client.query('begin; lock table fan in access exclusive mode');
    await work().finally(() => client.end());
  }
  const allHeard = async (socket: RawSocket) => {
    socket.send({ type: 'ping' });
    await socket.heard(({ type }) => type === 'pong');
  };

  it('holds so many operations at once, and another when one of them has ended', async () => {
    const socket = await openSocket(server.url, token);
    const ids = Array.from({ length: LIMITS.subscriptionsPerSocket }, (_, n) => `s${n}`);
    for (const id of ids) listen(socket, id);
    for (const id of ids) expect(await first(socket, id)).toMatchObject(OPENED);
    listen(socket, 'one more');
    expect(await first(socket, 'one more')).toMatchObject(REFUSED);
    giveUp(socket, 's0');
    for (let tries = 0, found = REFUSED.type; found === REFUSED.type; tries += 1) {
      listen(socket, `again ${tries}`);
      found = (await first(socket, `again ${tries}`)).type;
    }
    socket.close();
  });

  it('counts the operations that were given up until they have ended', async () => {
    const socket = await openSocket(server.url, token);
    await whileNobodyIsIdentified(async () => {
      for (let n = 0; n < LIMITS.subscriptionsPerSocket; n += 1) {
        listen(socket, `s${n}`);
        giveUp(socket, `s${n}`);
      }
      listen(socket, 'one more');
      await allHeard(socket);
    });
    expect(await first(socket, 'one more')).toMatchObject(REFUSED);
    socket.close();
  });

  it('listens to the newest operation with an id, and only to that', async () => {
    const socket = await openSocket(server.url, token);
    await whileNobodyIsIdentified(async () => {
      listen(socket, 'twice');
      giveUp(socket, 'twice');
      socket.send({ id: 'twice', type: 'subscribe', payload: { query: WHO } });
      await allHeard(socket);
    });
    await socket.heard(({ id, type }) => id === 'twice' && type === 'complete');
    const named = socket.messages.filter(({ id }) => id === 'twice');
    expect(named).toMatchObject([
      { type: 'next', payload: { data: { viewer: { role: 'FAN' } } } },
      { type: 'complete' },
    ]);
    listen(socket, 'twice');
    await socket.heard(({ payload }) => payload?.data?.liveOffers !== undefined);
    expect(socket.messages.at(-1)).toMatchObject(OPENED);
    socket.close();
  });
});
