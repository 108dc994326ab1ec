/** Who joins a room while it is still at an earlier event has heard the later ones alone, and hears them once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveEvent, LiveStream } from '../../src/live/index.ts';
import type { Audience, Broadcast, BroadcastEvent } from '../../src/live/shared/broadcast.ts';
import type { DocumentClass } from '../../src/live/shared/document-class.ts';
import type { Frames } from '../../src/live/shared/frames.ts';
import { Member } from '../../src/live/shared/member.ts';
import type { Outlet } from '../../src/live/shared/outlet.ts';
import { Room } from '../../src/live/shared/room.ts';
import { Topic } from '../../src/live/topic.ts';
import { enrollFan, liveGameId } from '../support/operations.ts';
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
  beforeAll(async () => {
    server = await startTestServer();
    const { orm, idsFor } = server.services;
    gameId = idsFor(null).parse(await liveGameId(server))!.key;
    const subjects = await Promise.all([1, 2].map(async () => (await enrollFan(server, ['OFFERS_LIVE'])).subject));
    const rows = await orm.em
      .fork()
      .execute<{ id: string }[]>(`select id from fan where subject in ('${subjects.join("', '")}') order by id`);
    fans = rows.map(({ id }) => id);
  });
  afterAll(() => server.close());

  it('brings nobody twice what they heard alone before they joined', async () => {
    const { gate } = server.services;
    const topic = new Topic(NOWHERE);
    const asked: PromiseWithResolvers<void>[] = [];
    // It concerns everybody, and says so when the test lets it.
    const findAudiences = async (events: readonly LiveEvent[], fanIds: readonly string[]): Promise<Audience[]> => {
      const held = Promise.withResolvers<void>();
      asked.push(held);
      await held.promise;
      const decisions = await gate.decideAll(fanIds, { recipientId: null, gameId });
      const captured = fanIds.map((id, place) => {
        return [id, { lineages: decisions[place]!.lineages.join(','), presence: null }] as const;
      });
      return events.map(() => new Map(captured));
    };
    const broadcast: Broadcast = {
      name: 'test',
      topic: 'test',
      gameId,
      scope: 'OFFERS_LIVE',
      findAudiences,
      preload: () => {},
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
    const join = (fanId: string) => {
      const heard: string[] = [];
      const write = (frames: Frames, id: Buffer) => {
        for (const message of frames.messages(id)) heard.push(JSON.parse(String(message)).payload.data.offerId);
      };
      const outlet = { number: heard.length, open: true, writable: true, write } as unknown as Outlet;
      const stream = { position: NOWHERE, passed: () => {} } as unknown as LiveStream;
      const member = new Member({ stream, fanId, gameId, document, outlet, id: 'a', gate, findRoom: () => room });
      void member.take();
      return { heard, member };
    };
    const tell = (id: number) => {
      topic.append(event(id));
      topic.wake();
    };
    const letOneGo = async () => {
      await expect.poll(() => asked.length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(0);
      asked.shift()!.resolve();
    };

    const early = join(fans[0]!);
    tell(1);
    await expect.poll(() => asked.length, { timeout: 10_000, interval: 5 }).toBe(1);
    // The room is still at the first event. Whoever comes now has heard two alone.
    tell(2);
    const late = join(fans[1]!);
    tell(3);
    await letOneGo();
    await letOneGo();
    await expect.poll(() => [early.heard, late.heard], { timeout: 10_000 }).toEqual([['1', '2', '3'], ['3']]);
    for (const { member } of [early, late]) member.leave();
  });
});
