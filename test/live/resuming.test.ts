/**
 * What a client may rely on whose connection is cut again and again, while writers overtake each other: it resumes, at
 * whichever node, from the last cursor that it heard, and hears each offer once and in order.
 */
import { type MikroORM, type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { createCampaign, enrollFan, LIVE_OFFERS, liveGameId, mutate } from '../support/operations.ts';
import { announceWithin } from '../support/outbox.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type OpenStream, type OpenStreamOver, overServerSentEvents, overWebSocket } from '../support/stream.ts';

const WRITERS = 8;
const TURNS = 18;
/** What some transactions take: meanwhile those of others begin and end. */
const LONG_MS = 250;
const SHORT_MS = 5;

const TAKEN_BACK = new Error('This one is taken back.');

type Told = { readonly __typename: string; readonly cursor: string; readonly offer?: { readonly id: string } };
const toldOn = ({ frames }: OpenStream): Told[] => frames.map(({ data }) => data.liveOffers);
const offersIn = (told: readonly Told[]): string[] => told.flatMap(({ offer }) => offer?.id ?? []);

/** What had come when the connection was cut after so many offers: the rest of what was sent at once is lost with it. */
function upTo(count: number, told: readonly Told[]): readonly Told[] {
  if (count === 0) return told.slice(0, 1);
  const last = told.filter(({ offer }) => offer)[count - 1];
  return last ? told.slice(0, told.indexOf(last) + 1) : told;
}

interface Listener {
  readonly token: string;
  readonly open: OpenStreamOver;
  /** After how many offers the connection is cut, time and again. None: as soon as it stands. */
  readonly cutAfter: readonly number[];
  readonly heard: string[];
  readonly gaps: Told[];
  cuts: number;
}

describe('a fan whose connection is cut again and again', () => {
  let nodes: TestServer[];
  let orm: MikroORM;
  let gameId: string;
  beforeAll(async () => {
    const first = await startTestServer();
    nodes = [first, await startTestServer({ databaseUrl: first.databaseUrl })];
    orm = await connectOrm(first.databaseUrl, { max: WRITERS });
    gameId = await liveGameId(first);
  });
  afterAll(async () => {
    await orm.close(true);
    for (const node of nodes.reverse()) await node.close();
  });

  const keyOf = (id: string) => nodes[0]!.services.idsFor(null).parse(id)!.key;
  const arrive = async (open: OpenStreamOver, ...cutAfter: number[]): Promise<Listener> => {
    const { token } = await enrollFan(nodes[0]!, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
    await mutate(nodes[0]!, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    return { token, open, cutAfter, heard: [], gaps: [], cuts: 0 };
  };
  const newOffers = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    while (ids.length < count) ids.push((await createCampaign(nodes[0]!)).offerId);
    return ids;
  };
  /** In one commit, which comes when `then` is done. */
  const tell = (offerIds: readonly string[], then: (em: SqlEntityManager) => Promise<unknown> = async () => {}) =>
    orm.em.fork().transactional(async (em) => {
      for (const id of offerIds) await announceWithin(em, keyOf(gameId), keyOf(id));
      await then(em);
    });

  /** Short transactions and long ones, some of two events, and some that are taken back. */
  const write = async (writer: number, offerIds: readonly string[]) => {
    const left = [...offerIds];
    for (let turn = 0; left.length > 0; turn += 1) {
      const isLong = (turn + writer) % 5 === 0;
      const isTakenBack = turn % 6 === 5;
      const events = left.splice(0, turn % 4 === 3 ? 2 : 1);
      const telling = tell(events, async (em) => {
        const ms = isLong ? LONG_MS : Math.random() * SHORT_MS;
        await em.execute(sql`select pg_sleep(${ms / 1000}::float8)`);
        if (isTakenBack) throw TAKEN_BACK;
      });
      await telling.catch((error) => {
        if (error !== TAKEN_BACK) throw error;
      });
      // Of every third no node is told.
      if (turn % 3 !== 0) nodes[writer % nodes.length]!.services.live.wake();
    }
  };

  /** Listens at one node after the other, each time after the last cursor that came, until the last offer has. */
  const listen = async (listener: Listener, last: string, begun: () => void) => {
    const { token, open, cutAfter, heard, gaps } = listener;
    let after: string | null = null;
    while (heard.at(-1) !== last) {
      const node = nodes[listener.cuts % nodes.length]!;
      const want = cutAfter[listener.cuts % cutAfter.length] ?? Number.POSITIVE_INFINITY;
      const stream = await open(node.url, token, LIVE_OFFERS, { gameId, after });
      const had = () => offersIn(toldOn(stream));
      await stream.waitFor(() => had().length >= want || had().at(-1) === last, 0, 30_000);
      stream.drop();
      const told = upTo(want, toldOn(stream));
      begun();
      heard.push(...offersIn(told));
      gaps.push(...told.filter(({ __typename }) => __typename === 'StreamGap'));
      after = told.at(-1)!.cursor;
      listener.cuts += 1;
    }
  };

  it('hears each offer once and in order, as one who stays does, whatever writers do meanwhile', async () => {
    const listeners = [
      await arrive(overWebSocket, 0, 3, 7, 0, 12, 5),
      await arrive(overWebSocket, 0, 6, 2, 4),
      await arrive(overServerSentEvents, 0, 2, 9, 4),
      await arrive(overServerSentEvents, 0, 5),
    ];
    const steady = await arrive(overWebSocket);
    const offers = await newOffers(WRITERS * TURNS);
    const [last] = await newOffers(1);
    // Nobody writes before everybody has a cursor.
    const begun = listeners.map((listener) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      return { promise, listening: listen(listener, last!, resolve) };
    });
    const staying = await steady.open(nodes[1]!.url, steady.token, LIVE_OFFERS, { gameId });
    await staying.waitFor(() => true);
    await Promise.all(begun.map(({ promise }) => promise));

    const writing = Array.from({ length: WRITERS }, (_, writer) =>
      write(writer, offers.slice(writer * TURNS, (writer + 1) * TURNS)),
    );
    await Promise.all(writing);
    await tell([last!]);
    nodes[0]!.services.live.wake();
    await Promise.all(begun.map(({ listening }) => listening));
    await staying.waitFor(() => offersIn(toldOn(staying)).includes(last!));

    const committed = await orm.em.fork().execute<{ offer: string }[]>(sql`
      select payload->>'offerId' as offer from outbox where topic = ${`game:${keyOf(gameId)}`} order by xid, id`);
    const ids = new Map([...offers, last!].map((id) => [keyOf(id), id]));
    const expected = committed.map(({ offer }) => ids.get(offer));
    expect(expected.length).toBeGreaterThan(100);
    for (const { heard, gaps, cuts } of listeners) {
      expect(cuts).toBeGreaterThan(20);
      expect(gaps).toEqual([]);
      expect(heard).toEqual(expected);
    }
    expect(offersIn(toldOn(staying))).toEqual(expected);
    await staying.close();
  });
});
