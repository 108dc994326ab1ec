/** What a client may rely on who loses the connection, and what a writer may rely on who is overtaken. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emit, gameTopic, type StreamItem } from '../../src/live/index.ts';
import { readOutbox } from '../../src/live/outbox.ts';
import { isAfter } from '../../src/live/position.ts';
import { announce, createCampaign, enrollFan, LIVE_OFFERS, liveGameId, mutate } from '../support/operations.ts';
import { announceWithin, forgetHistory } from '../support/outbox.ts';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';
import { type OpenStream, overServerSentEvents, overWebSocket } from '../support/stream.ts';

const SCOPES = ['PRESENCE_VENUE', 'OFFERS_LIVE'];
const offers = (frames: readonly Answer[]) =>
  frames.map(({ data }) => data?.liveOffers).filter((event) => event?.__typename === 'OfferAnnounced');
const isPosition = ({ data }: Answer) => data?.liveOffers.__typename === 'StreamPosition';
const announces = (offerId: string) => (frame: Answer) => frame.data?.liveOffers.offer?.id === offerId;

describe('a live stream', () => {
  let server: TestServer;
  let gameId: string;
  beforeAll(async () => {
    server = await startTestServer();
    gameId = await liveGameId(server);
  });
  afterAll(() => server.close());

  const arrive = async () => {
    const { token } = await enrollFan(server, SCOPES);
    await mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    return token;
  };
  const open = async (token: string, after: string | null = null) => {
    const stream = await overWebSocket(server.url, token, LIVE_OFFERS, { gameId, after });
    await stream.waitFor((frame) => isPosition(frame) || frame.errors !== undefined);
    return stream;
  };

  it('resumes after a cursor without loss or repetition, and goes on live', async () => {
    const token = await arrive();
    const first = await open(token);
    const seen = await announce(server, gameId);
    const { cursor } = (await first.waitFor(announces(seen))).data.liveOffers;
    await first.close();
    const missed = [await announce(server, gameId), await announce(server, gameId)];
    const second = await open(token, cursor);
    const live = await announce(server, gameId);
    await second.waitFor(announces(live));
    await second.close();
    expect(offers(second.frames).map(({ offer }) => offer.id)).toEqual([...missed, live]);
  });

  it('resumes from the position it began with', async () => {
    const token = await arrive();
    const first = await open(token);
    const { cursor } = first.frames.find(isPosition)!.data.liveOffers;
    await first.close();
    const missed = await announce(server, gameId);
    const second = await open(token, cursor);
    await second.waitFor(announces(missed));
    await second.close();
    expect(offers(second.frames)).toHaveLength(1);
  });

  /** An announcement of which no node is told: the id of its offer. */
  const announceSilently = async () => {
    const { offerId } = await createCampaign(server);
    const { idsFor, orm } = server.services;
    const [game, offer] = [idsFor(null).parse(gameId)!.key, idsFor(null).parse(offerId)!.key];
    await orm.em.fork().transactional((em) => announceWithin(em, game, offer));
    return offerId;
  };

  it('brings an event whose wake-up was lost all the same', async () => {
    const stream = await open(await arrive());
    await stream.waitFor(announces(await announceSilently()));
    await stream.close();
  });

  it('brings once what it has read itself before its node has', async () => {
    const token = await arrive();
    const first = await open(token);
    const { cursor } = first.frames.find(isPosition)!.data.liveOffers;
    await first.close();
    const { live } = server.services;
    const silent: string[] = [];
    let second: OpenStream;
    // The node may just have looked by itself: then once more.
    for (let isAhead = false; !isAhead; ) {
      silent.push(await announceSilently());
      // Over this transport it reads by itself.
      second = await overServerSentEvents(server.url, token, LIVE_OFFERS, { gameId, after: cursor });
      const { data } = await second.waitFor(announces(silent.at(-1)!));
      isAhead = isAfter(live.cursors.open(data.liveOffers.cursor)!.position, live.head);
      if (!isAhead) await second.close();
    }
    const last = await announce(server, gameId);
    await second!.waitFor(announces(last));
    await second!.close();
    expect(offers(second!.frames).map(({ offer }) => offer.id)).toEqual([...silent, last]);
  });

  it('says so when it cannot resume because history is pruned, and goes on from where it is kept', async () => {
    const token = await arrive();
    const first = await open(token);
    const { cursor } = first.frames.find(isPosition)!.data.liveOffers;
    await announce(server, gameId);
    await first.close();
    await forgetHistory(server.services);
    const second = await open(token, cursor);
    const gap = second.frames[0]!.data.liveOffers;
    expect(gap).toMatchObject({ __typename: 'StreamGap', resumeFrom: gap.cursor });
    const next = await announce(server, gameId);
    await second.waitFor(announces(next));
    await second.close();
  });

  it('says so when it has not come as far as the cursor has, and goes on from what there is', async () => {
    const token = await arrive();
    const { live, idsFor } = server.services;
    const topic = gameTopic(idsFor(null).parse(gameId)!.key);
    const heard = await announce(server, gameId);
    const beyond = await open(token, live.cursors.seal(topic, { xid: live.head.xid + 1_000_000n, id: 1n }));
    const gap = beyond.frames[0]!.data.liveOffers;
    // Nobody knows what that history held.
    expect(gap).toMatchObject({ __typename: 'StreamGap', resumeFrom: gap.cursor, missedAtLeast: null });
    const next = await announce(server, gameId);
    await beyond.waitFor(announces(next));
    const resumed = await open(token, gap.resumeFrom);
    await resumed.waitFor(announces(next));
    const told = [beyond, resumed].map(({ frames }) => offers(frames).map(({ offer }) => offer.id));
    expect(told).toEqual([
      [heard, next],
      [heard, next],
    ]);
    expect(isPosition(resumed.frames[0]!)).toBe(true);
    await Promise.all([beyond.close(), resumed.close()]);
  });

  it.each([
    ['garbage', () => 'garbage'],
    [
      'a cursor of a page',
      async () => {
        const { data } = await server.ask(null, '{ games(first: 1) { edges { cursor } } }');
        return data.games.edges[0].cursor;
      },
    ],
    ['a cursor of another game', () => server.services.live.cursors.seal('game:999', { xid: 1n, id: 1n })],
  ])('refuses %s as its cursor', async (_, after) => {
    const stream = await open(await arrive(), await after());
    expect(stream.frames[0]!.errors![0]!.extensions.code).toBe('BAD_INPUT');
    await stream.close();
  });

  it('tells of an end only those who were told of the beginning', async () => {
    const stream = await open(await arrive());
    const campaign = await createCampaign(server);
    await mutate(server, campaign.token, 'announceOffer', { campaignId: campaign.id, gameId, idempotencyKey: 'a' });
    const newcomer = await open(await arrive());
    await mutate(server, campaign.token, 'endCampaign', { campaignId: campaign.id });
    const sentinel = await announce(server, gameId);
    await Promise.all([stream.waitFor(announces(sentinel)), newcomer.waitFor(announces(sentinel))]);
    const ends = (frames: readonly Answer[]) =>
      frames.filter(({ data }) => data?.liveOffers.__typename === 'OfferEnded').map(({ data }) => data.liveOffers);
    expect(ends(stream.frames)).toMatchObject([{ offer: { id: campaign.offerId }, reason: 'CAMPAIGN_ENDED' }]);
    expect(ends(newcomer.frames)).toEqual([]);
    await Promise.all([stream.close(), newcomer.close()]);
  });

  it('reads in the order of numbers, not of their digits', async () => {
    const em = server.services.orm.em.fork();
    for (const xid of ['99', '100', '9']) {
      await em.execute(sql`
        insert into outbox (xid, topic, kind, payload) values (${xid}::xid8, 'game:778', 'OFFER_ANNOUNCED', '{}')`);
    }
    const read = await readOutbox(em, { xid: 0n, id: 0n }, 10, 'game:778');
    expect(read.events.map(({ position }) => position.xid)).toEqual([9n, 99n, 100n]);
  });

  it('loses none of the commits that overtake each other, and repeats none', async () => {
    const { live, orm } = server.services;
    const topic = 'game:777';
    const stream = await live.open(topic, null);
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let turn = 0; turn < 40; turn += 1) {
        await orm.em.fork().transactional(async (em) => {
          await emit(em, topic, 'OFFER_ANNOUNCED', { n: `${writer}-${turn}` });
          await em.execute(sql`select pg_sleep(random() * 0.004)`);
        });
        if (turn % 10 === 0) live.wake();
      }
    });
    const written = Promise.all(writers).then(() => live.wake());
    const read: string[] = [];
    const positions: bigint[] = [];
    while (read.length < 320) {
      const item: StreamItem = (await stream.next()).value;
      if (item.kind !== 'EVENT') continue;
      read.push(item.event.payload.n!);
      positions.push(item.position.xid);
    }
    await written;
    await stream.return();
    expect(new Set(read).size).toBe(320);
    expect(positions).toEqual([...positions].sort((a, b) => Number(a - b)));
  });
});
