/**
 * What a writer may do to those who listen: one that takes long holds all streams back, which shows, and ends; and an
 * end never overtakes its beginning.
 */
import { sql } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { emit, gameTopic } from '../../src/live/index.ts';
import { createCampaign, enrollFan, LIVE_OFFERS, liveGameId, mutate } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { overWebSocket } from '../support/stream.ts';

describe('a writer', () => {
  let server: TestServer;
  let gameId: string;
  const open: Client[] = [];
  beforeAll(async () => {
    server = await startTestServer({ settings: { TRANSACTION_SECONDS: '2' } });
    gameId = await liveGameId(server);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.end()));
  });
  afterAll(() => server.close());

  /** A transaction of somebody else. */
  const begin = async (): Promise<Client> => {
    const client = new Client({ connectionString: server.databaseUrl });
    open.push(client);
    await client.connect();
    await client.query('begin');
    return client;
  };
  const keyOf = (id: string) => server.services.idsFor(null).parse(id)!.key;
  /** Resolves once so many statements of others wait for a lock on this table. */
  const waiting = (client: Client, relation: string, count: number) =>
    expect.poll(() => countWaiting(client, relation), { timeout: 10_000, interval: 10 }).toBe(count);
  const metric = async (name: string) => {
    const text = await (await fetch(new URL('/metrics', server.url))).text();
    return Number(new RegExp(`^tightrope_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  const listenAs = async () => {
    const { token } = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
    await mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    const stream = await overWebSocket(server.url, token, LIVE_OFFERS, { gameId });
    await stream.waitFor(({ data }) => data?.liveOffers.__typename === 'StreamPosition');
    return stream;
  };

  it('that takes long shows in the metrics, with what it keeps back, and no longer once it is gone', async () => {
    const writer = await begin();
    await writer.query('select pg_current_xact_id()');
    const { orm } = server.services;
    await orm.em.fork().transactional((em) => emit(em, gameTopic('776'), 'OFFER_ANNOUNCED', {}));
    await expect.poll(() => metric('outbox_stalled_seconds')).toBeGreaterThan(0.1);
    expect(await metric('outbox_waiting')).toBe(1);
    await writer.query('rollback');
    server.services.live.wake();
    await expect.poll(() => metric('outbox_waiting')).toBe(0);
    // Whoever else writes now has just begun.
    await expect.poll(() => metric('outbox_stalled_seconds')).toBeLessThan(0.1);
  });

  it('of the server is ended when it takes too long, undone, and answers that it may be asked again', async () => {
    const campaign = await createCampaign(server);
    const lock = await begin();
    await lock.query('lock table delivery in share row exclusive mode');
    const input = { campaignId: campaign.id, gameId, idempotencyKey: 'stuck' };
    const query = `mutation ($input: AnnounceOfferInput!) { announceOffer(input: $input) { __typename } }`;
    const { errors } = await server.ask(campaign.token, query, { input });
    expect(errors?.[0]?.extensions.code).toBe('UNAVAILABLE');
    expect(await countWaiting(lock, 'delivery')).toBe(0);
    await lock.query('rollback');
    const key = keyOf(campaign.id);
    const left = await server.services.orm.em
      .fork()
      .execute(sql`select 1 from announcement where campaign_id = ${key}`);
    expect(left).toEqual([]);
    expect(await mutate(server, campaign.token, 'announceOffer', input)).toHaveProperty('announcement');
  });

  it('who ends a campaign waits for whoever announces it, and the end comes after the beginning', async () => {
    const stream = await listenAs();
    const campaign = await createCampaign(server);
    const lock = await begin();
    await lock.query('select 1 from game where id = $1 for update', [keyOf(gameId)]);
    const input = { campaignId: campaign.id, gameId, idempotencyKey: 'first' };
    const announced = mutate(server, campaign.token, 'announceOffer', input);
    await waiting(lock, 'game', 1);
    const ended = mutate(server, campaign.token, 'endCampaign', { campaignId: campaign.id });
    await waiting(lock, 'campaign', 1);
    await lock.query('commit');
    await Promise.all([announced, ended]);
    await stream.waitFor(({ data }) => data?.liveOffers.__typename === 'OfferEnded');
    const told = stream.frames.map(({ data }) => data.liveOffers).filter(({ offer }) => offer?.id === campaign.offerId);
    expect(told.map(({ __typename }) => __typename)).toEqual(['OfferAnnounced', 'OfferEnded']);
    await stream.close();
  });

  it('who announces waits for whoever ends the game, and announces nothing at a game that is over', async () => {
    const staff = await tokenOf('STAFF', 'demo');
    const campaign = await createCampaign(server);
    const lock = await begin();
    // The end of the game is held back by its last statement.
    await lock.query('lock table consent_log in share row exclusive mode');
    const ended = mutate(server, staff, 'setGameStatus', { gameId, status: 'FINAL' });
    await waiting(lock, 'consent_log', 1);
    const input = { campaignId: campaign.id, gameId, idempotencyKey: 'late' };
    const announced = mutate(server, campaign.token, 'announceOffer', input);
    await waiting(lock, 'game', 1);
    await lock.query('commit');
    await ended;
    expect(await announced).toMatchObject({ code: 'INVALID_STATE' });
  });
});

/** A lock on a row is waited for as on the transaction that has it. */
async function countWaiting(client: Client, relation: string): Promise<number> {
  const { rows } = await client.query(
    `select count(distinct pid)::int as count from pg_locks w where not granted
       and (relation = $1::regclass or exists (
         select 1 from pg_locks h where h.pid = w.pid and h.granted and h.locktype = 'tuple' and h.relation = $1::regclass))`,
    [relation],
  );
  return rows[0].count;
}
