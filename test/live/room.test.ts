/**
 * Who joins a room while it is still at an earlier event has heard the later ones alone, and hears them once; and nobody
 * is told there what lies before a gap in their consent.
 */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrayOfKeys } from '../../src/db/sql.ts';
import type { LiveEvent, LiveStream, Position } from '../../src/live/index.ts';
import { Audience } from '../../src/live/shared/audience.ts';
import {
  type Audiences,
  type Broadcast,
  type BroadcastEvent,
  BroadcastStream,
  type Lineages,
} from '../../src/live/shared/broadcast.ts';
import type { DocumentClass } from '../../src/live/shared/document-class.ts';
import type { Frames } from '../../src/live/shared/frames.ts';
import { Member } from '../../src/live/shared/member.ts';
import type { Outlet } from '../../src/live/shared/outlet.ts';
import { Room } from '../../src/live/shared/room.ts';
import { Topic } from '../../src/live/topic.ts';
import { enrollFan, liveGameId, mutate, POLICY } from '../support/operations.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const NOWHERE = { xid: 0n, id: 0n };
const event = (id: number): LiveEvent => ({
  position: { xid: 1n, id: BigInt(id) },
  topic: 'test',
  kind: 'OFFER_ENDED',
  payload: { offerId: String(id) },
});

describe('a room', () => {
  let server: TestServer;
  let gameId: string;
  let fans: string[];
  let tokens: string[];
  beforeAll(async () => {
    server = await startTestServer();
    const { orm, idsFor } = server.services;
    gameId = idsFor(null).parse(await liveGameId(server))!.key;
    const enrolled = await Promise.all([1, 2].map(() => enrollFan(server, ['OFFERS_LIVE', 'ANALYTICS'])));
    tokens = enrolled.map(({ token }) => token);
    const subjects = enrolled.map(({ subject }) => subject);
    const rows = await orm.em
      .fork()
      .execute<{ id: string }[]>(
        `select id from fan where subject in ('${subjects.join("', '")}') order by subject = '${subjects[1]}'`,
      );
    fans = rows.map(({ id }) => id);
  });
  afterAll(() => server.close());

  /** What reads for the room: it concerns everybody, under what was in force when `capture` was called. */
  class Reader {
    /** Whether it answers only when the test lets it. */
    waits = false;
    readonly asked: PromiseWithResolvers<void>[] = [];
    #captured = new Map<string, readonly string[]>();
    #rows: Buffer | null = null;

    async capture(): Promise<void> {
      const { gate, orm } = server.services;
      const decisions = await gate.decideAll(fans, { recipientId: null, gameId });
      this.#captured = new Map(fans.map((id, place) => [id, decisions[place]!.lineages]));
      const rows = await Promise.all(
        fans.map(async (id, place) => {
          const [row] = await orm.em.fork().execute<{ row: Buffer }[]>(sql`
            select int4send(${place}::int) || int8send(hash_array_extended(
              ${arrayOfKeys(this.#captured.get(id)!)}::bigint[], ${gate.seed}::bigint)) as row`);
          return row!.row;
        }),
      );
      this.#rows = Buffer.concat(rows);
    }

    findAudiences = async (events: readonly LiveEvent[], fanIds: readonly string[]): Promise<Audiences> => {
      if (this.waits) {
        const held = Promise.withResolvers<void>();
        this.asked.push(held);
        await held.promise;
      }
      const rows = Buffer.concat(
        fanIds.map((id, place) => {
          const row = Buffer.from(this.#rows!.subarray(12 * fans.indexOf(id), 12 * fans.indexOf(id) + 12));
          row.writeInt32BE(place);
          return row;
        }),
      );
      return { ofEvents: events.map(() => new Audience(rows)), whereabouts: new Map() };
    };

    findLineages = async (events: readonly LiveEvent[]): Promise<Lineages[]> => events.map(() => this.#captured);

    /** What is planned again asks again. */
    letGo(): void {
      this.waits = false;
      for (const asked of this.asked) asked.resolve();
    }
  }

  /** A room that tells the ids of offers. */
  const open = async () => {
    const { gate } = server.services;
    const topic = new Topic(NOWHERE);
    const reader = new Reader();
    await reader.capture();
    const broadcast: Broadcast = {
      name: 'test',
      topic: 'test',
      gameId,
      scope: 'OFFERS_LIVE',
      findAudiences: reader.findAudiences,
      findLineages: reader.findLineages,
      preload: () => {},
      tell: async () => null,
      toEvent: ({ payload }, subject) =>
        ({
          cursor: '',
          offerId: payload.offerId,
          gate: { subject, scope: 'OFFERS_LIVE' },
        }) as unknown as BroadcastEvent,
      toPosition: () => ({ cursor: '', gate: null }) as unknown as BroadcastEvent,
    };
    const room = new Room(
      server.services,
      broadcast,
      topic,
      () => NOWHERE,
      () => {},
    );
    const document = {
      bits: 0,
      scopes: [],
      presence: false,
      shares: true,
      execute: async ({ offerId }: { offerId: string }) => ({ data: { offerId } }),
    } as unknown as DocumentClass;
    const join = (fanId: string, position: Position) => {
      const heard: string[] = [];
      const write = (frames: Frames, id: Buffer) => {
        for (const message of frames.messages(id)) heard.push(JSON.parse(String(message)).payload.data.offerId);
      };
      const outlet = { number: heard.length, open: true, writable: true, write } as unknown as Outlet;
      const stream = new BroadcastStream(broadcast, { position } as LiveStream, fanId);
      const house = { gate, findRoom: () => room };
      const member = new Member({ house, stream, document, outlet, id: 'a', teller: { tell: async () => null } });
      room.join(member);
      return { heard, member };
    };
    const tell = (id: number) => {
      topic.append(event(id));
      topic.wake();
    };
    return { room, reader, join, tell };
  };

  it('brings nobody twice what they heard alone before they joined', async () => {
    const { room, reader, join, tell } = await open();
    reader.waits = true;
    const early = join(fans[0]!, NOWHERE);
    tell(1);
    await expect.poll(() => reader.asked.length, { timeout: 10_000, interval: 5 }).toBe(1);
    // The room is still at the first event. Whoever comes now has heard two alone.
    tell(2);
    const late = join(fans[1]!, event(2).position);
    tell(3);
    reader.letGo();
    await expect.poll(() => [early.heard, late.heard], { timeout: 10_000 }).toEqual([['1', '2', '3'], ['3']]);
    for (const { member } of [early, late]) room.leave(member);
  });

  it('tells nothing from before a gap in consent, though it has been given again, and everything to the others', async () => {
    const { room, reader, join, tell } = await open();
    const [broken, whole] = [join(fans[0]!, NOWHERE), join(fans[1]!, NOWHERE)];
    // Of the one what gates the event was withdrawn since, of the other something else.
    for (const [place, scope] of ['OFFERS_LIVE', 'ANALYTICS'].entries()) {
      const grant = { duration: 'STANDING', policyVersion: POLICY };
      await mutate(server, tokens[place]!, 'withdrawConsent', { scopes: [scope] });
      await mutate(server, tokens[place]!, 'grantConsent', { scopes: [scope], ...grant });
    }
    tell(1);
    await expect.poll(() => whole.heard, { timeout: 10_000 }).toEqual(['1']);
    await reader.capture();
    tell(2);
    await expect.poll(() => [broken.heard, whole.heard], { timeout: 10_000 }).toEqual([['2'], ['1', '2']]);
    for (const { member } of [broken, whole]) room.leave(member);
  });
});
