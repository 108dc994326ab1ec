/**
 * What a client may rely on when the database is restored from an earlier state: whatever it heard of the history that
 * was lost, it is told that something is missing, and never that all is well.
 */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { sowDemo } from '../../src/seed/demo.ts';
import { type Cluster, makeCluster } from '../support/cluster.ts';
import { announce, enrollFan, LIVE_OFFERS, liveGameId, mutate } from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';
import { type OpenStream, overWebSocket } from '../support/stream.ts';

const announces = (offerId: string) => (frame: Answer) => frame.data?.liveOffers.offer?.id === offerId;
const isA = (name: string) => (frame: Answer) => frame.data?.liveOffers.__typename === name;
/** What the stream said, but for where it stands. */
const told = ({ frames }: OpenStream) =>
  frames
    .map(({ data }) => data.liveOffers)
    .filter(({ __typename }) => __typename !== 'StreamPosition')
    .map(({ __typename, offer }) => offer?.id ?? __typename);

describe('a live stream', () => {
  let cluster: Cluster;
  let server: TestServer;
  let gameId: string;
  let token: string;
  beforeAll(async () => {
    cluster = await makeCluster();
    await migrate(cluster.url);
    server = await startTestServer({ databaseUrl: cluster.url, settings: { LOG_LEVEL: 'silent' } });
    await sowDemo(server.services);
    gameId = await liveGameId(server);
    ({ token } = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']));
    await checkIn();
  });
  afterAll(async () => {
    await server.close();
    await cluster.remove();
  });

  /** Presence does not survive a crash of PostgreSQL. */
  const checkIn = () => mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: String(Math.random()) });
  const open = async (after: string | null = null) => {
    const stream = await overWebSocket(server.url, token, LIVE_OFFERS, { gameId, after });
    await stream.waitFor(isA('StreamPosition'));
    return stream;
  };
  /** An offer, and the cursor after it. What was lost had the same ids. */
  const hear = async (stream: OpenStream) => {
    const from = stream.frames.length;
    const offerId = await announce(server, gameId);
    const { cursor } = (await stream.waitFor(announces(offerId), from)).data.liveOffers;
    return { offerId, cursor: cursor as string };
  };
  /** The node has come back to its database. */
  const whole = () =>
    expect
      .poll(async () => (await fetch(new URL('/ready', server.url))).status, { timeout: 20_000, interval: 50 })
      .toBe(200);
  const start = async () => {
    await cluster.start();
    await whole();
    await checkIn();
  };
  /** Transaction ids come to where the lost history had been. */
  const write = async (transactions: number) => {
    const em = server.services.orm.em.fork();
    for (let done = 0; done < transactions; done += 1) await em.execute(sql`select pg_current_xact_id()`);
  };

  it.each(['SIGINT', 'SIGKILL'] as const)('outlives a PostgreSQL that ends by %s, and misses nothing', async (how) => {
    const stream = await open();
    const before = await hear(stream);
    await cluster.stop(how);
    await start();
    const after = await hear(stream);
    const resumed = await open(before.cursor);
    await resumed.waitFor(announces(after.offerId));
    expect([told(stream), told(resumed)]).toEqual([[before.offerId, after.offerId], [after.offerId]]);
    await Promise.all([stream.close(), resumed.close()]);
  });

  it.each([
    ['a PostgreSQL that was stopped', true],
    ['one that ran', false],
  ])('says that something is missing when the files of %s are put back under it', async (_, stopped) => {
    const stream = await open();
    const before = await hear(stream);
    if (stopped) await cluster.stop('SIGINT');
    cluster.copy('earlier');
    if (stopped) await start();
    const lost = [await hear(stream), await hear(stream)];
    await cluster.stop('SIGINT');
    cluster.restore('earlier');
    await start();
    await stream.waitFor(isA('StreamGap'));
    await write(200);
    const [first, second] = [await hear(stream), await hear(stream)];

    const kept = await open(before.cursor);
    const beyond = await open(lost[1]!.cursor);
    const newer = await open(first.cursor);
    await Promise.all([kept, beyond, newer].map((each) => each.waitFor(announces(second.offerId))));
    const heard = [first, second].map(({ offerId }) => offerId);
    expect(told(kept)).toEqual(heard);
    expect(told(beyond)).toEqual(['StreamGap', ...heard]);
    expect(beyond.frames.find(isA('StreamGap'))!.data.liveOffers.missedAtLeast).toBeNull();
    expect(told(newer)).toEqual([second.offerId]);
    expect(told(stream)).toEqual([before, ...lost].map(({ offerId }) => offerId).concat('StreamGap', ...heard));

    // Once more: the generation that began with the first restore is not of this history either.
    await cluster.stop('SIGKILL');
    cluster.restore('earlier');
    await start();
    const { offerId: third } = await hear(stream);
    const again = await open(first.cursor);
    await again.waitFor(announces(third));
    expect(told(again)).toEqual(['StreamGap', third]);
    const gap = again.frames.find(isA('StreamGap'))!.data.liveOffers;
    const resumed = await open(gap.resumeFrom);
    await resumed.waitFor(announces(third));
    expect(told(resumed)).toEqual([third]);
    await Promise.all([stream, kept, beyond, newer, again, resumed].map((each) => each.close()));
  });

  it('says so when the rows of an earlier state are put back, as from a dump', async () => {
    const stream = await open();
    const { cursor } = await hear(stream);
    const { orm } = server.services;
    // Row by row, under the transaction ids of wherever they come from.
    await orm.em.fork().transactional(async (em) => {
      await em.execute('create temporary table dump on commit drop as table outbox_generation');
      await em.execute('delete from outbox_generation');
      await em.execute('insert into outbox_generation select * from dump');
      await em.execute(sql`insert into outbox (xid, topic, kind, payload)
        select (pg_current_xact_id()::text::bigint + 20)::text::xid8, topic, kind, payload from outbox`);
    });
    await stream.waitFor(isA('StreamGap'));
    await write(40);
    const next = await hear(stream);
    const resumed = await open(cursor);
    await resumed.waitFor(announces(next.offerId));
    expect(told(resumed)).toEqual(['StreamGap', next.offerId]);
    expect(told(stream).slice(1)).toEqual(['StreamGap', next.offerId]);
    await Promise.all([stream.close(), resumed.close()]);
  });
});
