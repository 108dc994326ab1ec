/**
 * A cursor authorises nothing: what a stream tells on resuming is decided by consent as it is then, and by whether that
 * has been in force ever since. Each fan comes back at a node that did not take the withdrawal and remembers the grant.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce, enrollFan, LIVE_OFFERS, liveGameId, mutate, POLICY, zoneIds } from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';
import { type OpenStream, overServerSentEvents, overWebSocket } from '../support/stream.ts';

const SCOPES = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE', 'PERSONALIZATION'];

const announces = (offerId: string) => (frame: Answer) => frame.data?.liveOffers.offer?.id === offerId;
const isPosition = ({ data }: Answer) => data?.liveOffers.__typename === 'StreamPosition';
/** What the stream said, but for where it stands. */
const told = ({ frames }: OpenStream): string[] =>
  frames.filter((frame) => !isPosition(frame)).map(({ data, errors }) => data?.liveOffers.offer?.id ?? errors);

describe.each([
  ['graphql-ws', overWebSocket],
  ['SSE', overServerSentEvents],
] as const)('a stream that is resumed over %s', (_, openOver) => {
  let here: TestServer;
  let there: TestServer;
  let gameId: string;
  let zoneId: string;
  beforeAll(async () => {
    here = await startTestServer();
    there = await startTestServer({ databaseUrl: here.databaseUrl });
    gameId = await liveGameId(here);
    zoneId = (await zoneIds(here))['green-monster']!;
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });

  const arrive = async (): Promise<string> => {
    const { token } = await enrollFan(here, SCOPES);
    await mutate(here, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate', zoneId });
    return token;
  };
  const open = async (token: string, after: string | null) => {
    const stream = await openOver(there.url, token, LIVE_OFFERS, { gameId, after });
    await stream.waitFor(isPosition);
    return stream;
  };
  /** Fans who hear a first offer, so that the node knows their consent, and are cut off: the cursor after it. */
  const listenAtFirst = async (...tokens: string[]): Promise<string> => {
    const streams = await Promise.all(tokens.map((token) => open(token, null)));
    const first = await announce(here, gameId);
    const frames = await Promise.all(streams.map((stream) => stream.waitFor(announces(first))));
    for (const stream of streams) stream.drop();
    const cursors = new Set(frames.map(({ data }) => data.liveOffers.cursor as string));
    // The same for everybody: what one is not told is there for the other.
    expect(cursors.size).toBe(1);
    return [...cursors][0]!;
  };
  const withdraw = (token: string, scope: string) => mutate(here, token, 'withdrawConsent', { scopes: [scope] });
  const grant = (token: string, scope: string) =>
    mutate(here, token, 'grantConsent', { scopes: [scope], duration: 'STANDING', policyVersion: POLICY });

  it('tells nothing from before a withdrawal or after it, and nothing of that when it is granted again', async () => {
    const [wavering, steady] = [await arrive(), await arrive()];
    const cursor = await listenAtFirst(wavering, steady);
    const before = await announce(here, gameId);
    await withdraw(wavering, 'OFFERS_LIVE');
    const resumed = await open(wavering, cursor);
    const control = await open(steady, cursor);
    const between = await announce(here, gameId);
    await control.waitFor(announces(between));
    expect(told(resumed)).toEqual([]);

    await grant(wavering, 'OFFERS_LIVE');
    const again = await open(wavering, cursor);
    const after = await announce(here, gameId);
    await Promise.all([resumed, again, control].map((stream) => stream.waitFor(announces(after))));
    expect([told(resumed), told(again), told(control)]).toEqual([[after], [after], [before, between, after]]);
    await Promise.all([resumed, again, control].map((stream) => stream.close()));
  });

  it.each([
    ['PERSONALIZATION', 'because', [{ kind: 'AT_VENUE', text: 'You are at Fenway Park.' }]],
    ['PRESENCE_ZONE', 'zone', { name: 'Green Monster Seats' }],
  ] as const)(
    'shows nothing that %s gates of what was told before it was withdrawn, granted again or not',
    async (scope, field, shown) => {
      const [wavering, steady] = [await arrive(), await arrive()];
      const cursor = await listenAtFirst(wavering, steady);
      const before = await announce(here, gameId);
      const shownOn = async (stream: OpenStream, offerId: string) =>
        (await stream.waitFor(announces(offerId))).data.liveOffers[field];
      const control = await open(steady, cursor);
      expect(await shownOn(control, before)).toMatchObject(shown);

      await withdraw(wavering, scope);
      const resumed = await open(wavering, cursor);
      expect(await shownOn(resumed, before)).toBeNull();
      await grant(wavering, scope);
      // Where they are was forgotten with the withdrawal.
      await mutate(here, wavering, 'checkIn', { gameId, method: 'TICKET', nonce: 'again', zoneId });
      const again = await open(wavering, cursor);
      const after = await announce(here, gameId);
      expect(await shownOn(again, before)).toBeNull();
      expect(await shownOn(again, after)).toMatchObject(shown);
      await Promise.all([control, resumed, again].map((stream) => stream.close()));
    },
  );
});
