/** What a client may rely on who comes back late, and what it costs those who write meanwhile: nothing. */
import { sql } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { emit, type LiveStream, type Position, type StreamItem } from '../../src/live/index.ts';
import { POSITION_EVERY_MS } from '../../src/live/stream.ts';
import {
  announce,
  announceCampaign,
  enrollFan,
  LIVE_OFFERS,
  liveGameId,
  mutate,
  OFFER_STREAM,
  POLICY,
} from '../support/operations.ts';
import { forgetHistory, partAfter, turnAfter, unlessHeld } from '../support/outbox.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { overWebSocket } from '../support/stream.ts';

const SCOPES = ['PRESENCE_VENUE', 'OFFERS_LIVE'];
const isA = (name: string) => (frame: Answer) => Object.values(frame.data ?? {}).some((event) => is(event, name));
const is = (event: unknown, name: string) => (event as { __typename?: string } | null)?.__typename === name;

describe('history', () => {
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
  const open = async (token: string, after: string | null = null, query = LIVE_OFFERS) => {
    const variables = query === LIVE_OFFERS ? { gameId, after } : { after };
    const stream = await overWebSocket(server.url, token, query, variables);
    await stream.waitFor(isA('StreamPosition'));
    return stream;
  };
  /** Where a stream stands that has just been opened. */
  const cursorOf = async (token: string, query = LIVE_OFFERS): Promise<string> => {
    const stream = await open(token, null, query);
    await stream.close();
    return Object.values<Answer['data']>(stream.frames.find(isA('StreamPosition'))!.data)[0].cursor;
  };
  const missedSince = async (token: string, after: string, query = LIVE_OFFERS) => {
    const stream = await open(token, after, query);
    await stream.close();
    return Object.values<Answer['data']>(stream.frames.find(isA('StreamGap'))!.data)[0].missedAtLeast;
  };
  const change = (token: string, name: 'grantConsent' | 'withdrawConsent', more: object = {}) =>
    mutate(server, token, name, { scopes: ['OFFERS_LIVE'], ...more });
  const STANDING = { duration: 'STANDING', policyVersion: POLICY };

  it('that is gone counts for a fan what they were announced and consent to, unbroken since', async () => {
    const [steady, wavering, silent] = [await arrive(), await arrive(), await arrive()];
    const cursors = new Map<string, string>();
    for (const token of [steady, wavering, silent]) cursors.set(token, await cursorOf(token));
    await announce(server, gameId);
    await change(wavering, 'withdrawConsent');
    await announce(server, gameId);
    await change(wavering, 'grantConsent', STANDING);
    await announce(server, gameId);
    await forgetHistory(server.services);
    // What is still kept is told, and not counted.
    await announce(server, gameId);
    await change(silent, 'withdrawConsent');
    const missed = [];
    for (const [token, cursor] of cursors) missed.push(await missedSince(token, cursor));
    expect(missed).toEqual([3, 1, 0]);
  });

  it('that is gone counts for a partner what fans share with it who still do', async () => {
    const partner = await tokenOf('PARTNER', 'demo-partner');
    const { data } = await server.ask(partner, '{ partners(first: 10) { edges { node { id code } } } }');
    const { node } = data.partners.edges.find(({ node }: Answer['data']) => node.code === 'demo-partner');
    const cursor = await cursorOf(partner, OFFER_STREAM);
    const fans = [await arrive(), await arrive(), await arrive()];
    const recipient = { scopes: ['PRESENCE_VENUE'], recipientId: node.id };
    for (const token of fans.slice(0, 2)) await mutate(server, token, 'grantConsent', { ...recipient, ...STANDING });
    for (const token of fans) await change(token, 'grantConsent', { ...STANDING, scopes: ['HISTORY_ENGAGEMENT'] });
    const { offerId } = await announceCampaign(server, gameId);
    for (const token of fans) await mutate(server, token, 'recordEngagement', { offerId, kind: 'VIEW' });
    for (const token of fans) await mutate(server, token, 'claimOffer', { offerId, idempotencyKey: 'once' });
    await forgetHistory(server.services);
    expect(await missedSince(partner, cursor, OFFER_STREAM)).toBe(6);
    await mutate(server, fans[0]!, 'withdrawConsent', recipient);
    await change(fans[1]!, 'withdrawConsent', { scopes: ['HISTORY_ENGAGEMENT'] });
    expect(await missedSince(partner, cursor, OFFER_STREAM)).toBe(2);
  });

  it('that goes while a stream catches up is a gap in that stream', async () => {
    const { live, orm } = server.services;
    const topic = 'game:775';
    /** Resolves once it is behind the node. */
    const tell = async (n: string) => {
      const xid = await orm.em.fork().transactional(async (em) => {
        await emit(em, topic, 'OFFER_ANNOUNCED', { n });
        const [row] = await em.execute<{ xid: string }[]>(sql`select pg_current_xact_id()::text as xid`);
        return BigInt(row!.xid);
      });
      live.wake();
      await expect.poll(() => live.head.xid > xid, { interval: 5, timeout: 10_000 }).toBe(true);
    };
    const before = live.cursors.seal(topic, live.head);
    await tell('lost');
    const stream = await live.open(topic, before);
    expect((await stream.next()).value.kind).toBe('POSITION');
    await forgetHistory(server.services);
    await tell('kept');
    const gap = (await stream.next()).value;
    expect(gap).toMatchObject({ kind: 'GAP', since: { id: live.cursors.open(before)!.position.id } });
    expect((await stream.next()).value).toMatchObject({ kind: 'EVENT', event: { payload: { n: 'kept' } } });
    await stream.return();
    const resumed = await live.open(topic, live.cursors.seal(topic, gap.position));
    const first = [(await resumed.next()).value, (await resumed.next()).value];
    expect(first.map(({ kind }) => kind)).toEqual(['POSITION', 'EVENT']);
    await resumed.return();
  });

  it('is no loss to a client that was there all day, though its stream had nothing to say', async () => {
    const { live } = server.services;
    vi.useFakeTimers({ toFake: ['setInterval'] });
    const stream = await live.open('game:772', null);
    const start = (await stream.next()).value;
    await announce(server, gameId);
    await forgetHistory(server.services);
    const later = stream.next();
    vi.advanceTimersByTime(POSITION_EVERY_MS);
    vi.useRealTimers();
    const { kind, position } = (await later).value;
    expect(kind).toBe('POSITION');
    await stream.return();
    const firstOf = async (at: Position) => {
      const resumed = await live.open('game:772', live.cursors.seal('game:772', at));
      const { kind } = (await resumed.next()).value;
      await resumed.return();
      return kind;
    };
    expect([await firstOf(start.position), await firstOf(position)]).toEqual(['GAP', 'POSITION']);
  });

  it('stays while a transaction is open that may still add to it, and what that adds is told', async () => {
    const { live, orm } = server.services;
    const topic = 'game:774';
    const stream = await live.open(topic, null);
    const cursor = live.cursors.seal(topic, live.head);
    const writer = new Client({ connectionString: server.databaseUrl });
    await writer.connect();
    await writer.query('begin');
    await writer.query('select pg_current_xact_id()');
    await orm.em.fork().transactional((em) => emit(em, topic, 'OFFER_ANNOUNCED', { n: 'second' }));
    await partAfter(orm, 2);
    await turnAfter(orm, 25);
    await writer.query(`insert into outbox (topic, kind, payload) values ($1, 'OFFER_ANNOUNCED', '{"n":"first"}')`, [
      topic,
    ]);
    await writer.query('commit');
    live.wake();
    const told = [...(await hear(stream, 2)), ...(await hear(await live.open(topic, cursor), 2))];
    expect(told).toEqual(['first', 'second', 'first', 'second']);
    await writer.end();
  });

  it('is parted by many nodes at once while everybody writes, and no write fails or is lost', async () => {
    const { live, orm } = server.services;
    const topic = 'game:773';
    const stream = await live.open(topic, null);
    const cursor = live.cursors.seal(topic, stream.position);
    let writing = true;
    let parted = 0;
    const part = async () => {
      // Not for a whole day: nothing of it may go yet.
      while (writing && parted < 10) if (await turnAfter(orm, 2).catch(unlessHeld)) parted += 1;
    };
    const parting = Promise.all([part(), part()]);
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      for (let turn = 0; turn < 40; turn += 1) {
        await orm.em.fork().transactional(async (em) => {
          await emit(em, topic, 'OFFER_ANNOUNCED', { n: `${writer}-${turn}` });
          await em.execute(sql`select pg_sleep(random() * 0.005)`);
        });
        live.wake();
      }
    });
    await Promise.all(writers);
    writing = false;
    await parting;
    expect(parted).toBeGreaterThan(1);
    const [heard, resumed] = [await hear(stream, 240), await hear(await live.open(topic, cursor), 240)];
    expect(new Set(heard).size).toBe(240);
    expect(resumed).toEqual(heard);
  });

  it('is read from its newest partition alone by whoever is up to date', async () => {
    const { live, orm } = server.services;
    for (let turn = 0; turn < 3; turn += 1) {
      await announce(server, gameId);
      await partAfter(orm, 2);
    }
    const newest = await orm.em
      .fork()
      .execute<{ first: string }[]>(sql`select first_xid as first from outbox_partition where closed_at is null`);
    // A node is where transactions are: it comes there with the next of them.
    await expect.poll(() => live.head.xid >= BigInt(newest[0]!.first), { timeout: 10_000 }).toBe(true);
    const { xid } = live.head;
    const [row] = await orm.em.fork().execute<object[]>(sql`
      explain (analyze, format json) select * from outbox
      where xid >= ${String(xid)}::xid8 and (xid, id) > (${String(xid)}::xid8, 0)
        and xid < pg_snapshot_xmin(pg_current_snapshot()) order by xid, id limit 500`);
    const scanned = [...JSON.stringify(row).matchAll(/"Relation Name":"(outbox_\w+)"/g)].map(([, name]) => name);
    expect(scanned).toHaveLength(1);
  });
});

/** The next so many events of a stream, which has no gap. */
async function hear(stream: LiveStream, count: number): Promise<string[]> {
  const heard: string[] = [];
  while (heard.length < count) {
    const item: StreamItem = (await stream.next()).value;
    expect(item.kind).not.toBe('GAP');
    if (item.kind === 'EVENT') heard.push(item.event.payload.n!);
  }
  await stream.return();
  return heard;
}
