/** What was opened with a token ends with it, and says why: streams do not outlive the right to read them. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { converse } from '../support/conversation.ts';
import { announce, enrollFan, LIVE_OFFERS, liveGameId, mutate } from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { overServerSentEvents, overWebSocket } from '../support/stream.ts';

const SCOPES = ['PRESENCE_VENUE', 'OFFERS_LIVE'];
/** Long enough to open a stream; tokens end on a full second. */
const SHORT = '5s';

describe('a token that ends while a stream is open', () => {
  let server: TestServer;
  let gameId: string;
  beforeAll(async () => {
    server = await startTestServer();
    gameId = await liveGameId(server);
  });
  afterAll(() => server.close());
  afterEach(() => {
    vi.useRealTimers();
  });

  const arrive = async () => {
    const fan = await enrollFan(server, SCOPES);
    await mutate(server, fan.token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    return fan;
  };
  const isPosition = ({ data }: Answer) => data?.liveOffers.__typename === 'StreamPosition';

  it('closes the socket with 4403 and not as if the stream were complete, so that clients come back', async () => {
    const { token, subject } = await arrive();
    const lasting = await overWebSocket(server.url, token, LIVE_OFFERS, { gameId });
    const authorization = `Bearer ${await tokenOf('FAN', subject, SHORT)}`;
    // Many, because the end of a stream and the end of its socket race each other.
    const conversations = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const conversation = converse(server.url, { authorization });
        await conversation.heard('connection_ack');
        conversation.subscribe('1', LIVE_OFFERS, { gameId });
        expect(isPosition((await conversation.heard('next', '1')).payload)).toBe(true);
        return conversation;
      }),
    );
    for (const { closed, messages } of conversations) {
      expect(await closed).toEqual({ code: 4403, reason: 'The token has expired' });
      expect(messages.map(({ type }) => type)).toEqual(['connection_ack', 'next']);
    }
    const offerId = await announce(server, gameId);
    await lasting.waitFor(({ data }) => data?.liveOffers.offer?.id === offerId);
    await lasting.close();
  });

  it('ends the SSE stream', async () => {
    const { token, subject } = await arrive();
    const lasting = await overServerSentEvents(server.url, token, LIVE_OFFERS, { gameId });
    const response = await fetch(server.url, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${await tokenOf('FAN', subject, SHORT)}`,
      },
      body: JSON.stringify({ query: LIVE_OFFERS, variables: { gameId } }),
    });
    const events = (await response.text()).match(/^event: \w+$/gm);
    expect(events).toEqual(['event: next', 'event: complete']);
    await lasting.waitFor(isPosition);
    const offerId = await announce(server, gameId);
    await lasting.waitFor(({ data }) => data?.liveOffers.offer?.id === offerId);
    await lasting.close();
  });

  it('starts nothing more on a socket that is still open, as after the machine has slept', async () => {
    const { token } = await enrollFan(server);
    const conversation = converse(server.url, { authorization: `Bearer ${token}` });
    await conversation.heard('connection_ack');
    const rename = (name: string) => `mutation { updateMe(input: { displayName: "${name}" }) { __typename } }`;
    conversation.subscribe('before', rename('Before'));
    const done = { payload: { data: { updateMe: { __typename: 'UpdateMeSuccess' } } } };
    expect(await conversation.heard('next', 'before')).toMatchObject(done);
    // Only the wall clock: the timer that closes the socket has not heard of it.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 24 * 3_600_000 });
    conversation.subscribe('after', rename('After'));
    const refusal = { payload: [{ extensions: { code: 'UNAUTHENTICATED' } }] };
    const answer = await Promise.any([conversation.heard('next', 'after'), conversation.heard('error', 'after')]);
    expect(answer).toMatchObject(refusal);
    vi.useRealTimers();
    conversation.close();
    expect((await server.ask(token, '{ me { displayName } }')).data.me.displayName).toBe('Before');
  });
});
