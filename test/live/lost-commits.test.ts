/** A partner whose announcement is committed while its answer is lost is told that nobody knows, and may ask again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LosingWire, layLosingWire } from '../support/losing-wire.ts';
import { createCampaign, enrollFan, LIVE_OFFERS, liveGameId, mutate } from '../support/operations.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { overWebSocket } from '../support/stream.ts';
import { withAdmin } from '../support/template.ts';

describe('an announcement whose answer is lost between PostgreSQL and the node', () => {
  let server: TestServer;
  let node: TestServer;
  let wire: LosingWire;
  beforeAll(async () => {
    server = await startTestServer();
    wire = await layLosingWire(server.databaseUrl);
    node = await startTestServer({ databaseUrl: wire.url, settings: { LOG_LEVEL: 'fatal' } });
  });
  afterAll(async () => {
    await node.close();
    await wire.close();
    await server.close();
  });

  it('answers OUTCOME_UNKNOWN, and asked for again with its key is the same one, heard once', async () => {
    const gameId = await liveGameId(server);
    const { token } = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
    await mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    const stream = await overWebSocket(server.url, token, LIVE_OFFERS, { gameId });
    await stream.waitFor(({ data }) => data?.liveOffers.__typename === 'StreamPosition');
    const campaign = await createCampaign(server);
    const announce = (by: TestServer) =>
      mutate(by, campaign.token, 'announceOffer', { campaignId: campaign.id, gameId, idempotencyKey: 'once' });

    wire.loseNextCommit();
    expect(await announce(node)).toMatchObject({ __typename: 'ServiceError', code: 'OUTCOME_UNKNOWN' });
    const { rows } = await withAdmin(server.databaseUrl, (db) => db.query('select id from announcement'));
    expect(rows).toHaveLength(1);

    const again = await announce(node);
    expect(again.__typename).toBe('AnnounceOfferSuccess');
    expect(await announce(server)).toEqual(again);
    const next = await createCampaign(server);
    await mutate(server, next.token, 'announceOffer', { campaignId: next.id, gameId, idempotencyKey: 'once' });
    await stream.waitFor(({ data }) => data?.liveOffers.offer?.id === next.offerId);
    const offers = stream.frames.flatMap(({ data }) => data?.liveOffers.offer?.id ?? []);
    expect(offers).toEqual([campaign.offerId, next.offerId]);
    await stream.close();
  });

  it('costs the node no connection, however often it happens', async () => {
    const gameId = await liveGameId(server);
    const campaign = await createCampaign(server);
    // More often than the pool has connections.
    for (let turn = 0; turn < 20; turn += 1) {
      const input = { campaignId: campaign.id, gameId, idempotencyKey: String(turn) };
      wire.loseNextCommit();
      expect((await mutate(node, campaign.token, 'announceOffer', input)).code).toBe('OUTCOME_UNKNOWN');
    }
    const ready = await fetch(new URL('/ready', node.url));
    expect(await ready.json()).toEqual({ ready: true });
  });
});
