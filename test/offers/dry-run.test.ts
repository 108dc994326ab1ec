/** A partner's dry run: what announcing would come to, in buckets, by the rule that announcing goes by; nothing is sent. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gather } from '../support/crowd.ts';
import { createCampaign, enrollFan, liveGameId, mutate, zoneIds } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();

describe('dryRunCampaign', () => {
  let server: TestServer;
  let gameId: string;
  beforeAll(async () => {
    server = await startTestServer();
    gameId = await liveGameId(server);
    await gather(server, 37);
    await gather(server, 24, { scopes: ['PRESENCE_VENUE'] });
  });
  afterAll(() => server.close());

  const rehearse = (campaign: { id: string; token: string }, more: object = {}) =>
    mutate(server, campaign.token, 'dryRunCampaign', { campaignId: campaign.id, gameId, ...more });
  const counts = async () => {
    const [row] = await server.services.orm.em.fork().execute<Record<string, string>[]>(sql`
      select (select count(*) from delivery) as deliveries, (select count(*) from announcement) as announcements,
        (select count(*) from outbox) as outbox`);
    return row;
  };

  it('tells the audience and who is skipped in tens, and sends nothing', async () => {
    const campaign = await createCampaign(server);
    const before = await counts();
    const result = await rehearse(campaign);
    expect(result).toMatchObject({
      __typename: 'DryRunCampaignSuccess',
      audienceBucket: 30,
      suppressed: false,
      skipped: [{ code: 'CONSENT_OFF', bucket: 20 }],
    });
    expect(result.effects.map(({ kind }: { kind: string }) => kind)).toEqual(['ANNOUNCEMENT', 'DISCOUNT']);
    expect(await counts()).toEqual(before);
  });

  it('tells no number below the minimum, and says so', async () => {
    const zones = await zoneIds(server);
    await gather(server, 19, {
      scopes: ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE'],
      zone: `(select z.id from zone z where z.code = 'bleachers')`,
    });
    const result = await rehearse(await createCampaign(server, { zoneIds: [zones.bleachers] }));
    expect([result.audienceBucket, result.suppressed]).toEqual([null, true]);
    expect(JSON.stringify(result)).not.toMatch(/\b19\b/);
    // Nor that there is anybody of a kind of whom there are few.
    expect(result.skipped).toEqual([{ code: 'CONSENT_OFF', bucket: 60 }]);
  });

  it('answers the same question alike while somebody comes or goes', async () => {
    const campaign = await createCampaign(server);
    const first = await rehearse(campaign);
    await gather(server, 30);
    expect(await rehearse(campaign)).toEqual(first);
    expect((await rehearse(await createCampaign(server))).audienceBucket).toBe(first.audienceBucket + 30);
  });

  it('foresees a later hour: a window that opens, one that has closed, a grant that has run out', async () => {
    const soon = await createCampaign(server, { validFrom: hours(1), validUntil: hours(3) });
    expect(await rehearse(soon)).toMatchObject({
      audienceBucket: null,
      skipped: [{ code: 'CAMPAIGN_NOT_STARTED', bucket: null }],
    });
    expect((await rehearse(soon, { at: hours(2) })).audienceBucket).toBeGreaterThanOrEqual(30);
    expect((await rehearse(soon, { at: hours(4) })).skipped).toEqual([{ code: 'CAMPAIGN_ENDED', bucket: null }]);

    const campaign = await createCampaign(server, { validUntil: hours(9) });
    const { audienceBucket } = await rehearse(campaign, { at: hours(4) });
    const keys = await gather(server, 20);
    await server.services.orm.em
      .fork()
      .execute(`update consent_grant set expires_at = '${hours(5)}' where fan_id = any (array[${keys}]::bigint[])`);
    expect((await rehearse(campaign, { at: hours(4.5) })).audienceBucket).toBe(audienceBucket + 20);
    expect((await rehearse(campaign, { at: hours(6) })).audienceBucket).toBe(audienceBucket);
  });

  it('foresees who may come to a game where nobody is yet', async () => {
    const { orm, idsFor } = server.services;
    const [game] = await orm.em.fork().execute<{ id: string }[]>(`
      insert into game (venue_id, starts_at) select venue_id, app_now() + interval '1 day' from game where demo returning id`);
    const next = idsFor(null).toGlobal('Game', game!.id);
    const campaign = await createCampaign(server, { validUntil: hours(48) });
    const result = await rehearse(campaign, { gameId: next, at: hours(24) });
    expect(result.audienceBucket).toBeGreaterThanOrEqual(30);
    expect(result.effects.map(({ kind }: { kind: string }) => kind)).toContain('FORESEEN');
  });

  it('keeps those held out to itself', async () => {
    const result = await rehearse(await createCampaign(server, { holdoutPercent: 100 }));
    expect([result.audienceBucket, result.skipped.map(({ code }: { code: string }) => code)]).toEqual([
      null,
      ['CONSENT_OFF'],
    ]);
  });

  it('agrees with the announcement that follows', async () => {
    const campaign = await createCampaign(server, { holdoutPercent: 30 });
    const { audienceBucket } = await rehearse(campaign);
    await mutate(server, campaign.token, 'announceOffer', { campaignId: campaign.id, gameId, idempotencyKey: 'k' });
    const offer = server.services.idsFor(null).parse(campaign.offerId)!.key;
    const [row] = await server.services.orm.em.fork().execute<{ told: number }[]>(sql`
      select count(*)::int as told from delivery where offer_id = ${offer}`);
    expect(audienceBucket).toBe(Math.floor(row!.told / 10) * 10);
  });

  it('is refused to others, for the past, and after too many questions', async () => {
    const campaign = await createCampaign(server);
    const stranger = await tokenOf('PARTNER', 'demo-partner-2');
    expect((await rehearse({ ...campaign, token: stranger })).code).toBe('NOT_FOUND');
    expect((await rehearse({ ...campaign, token: (await enrollFan(server)).token })).code).toBe('FORBIDDEN');
    expect((await rehearse(campaign, { at: hours(-1) })).code).toBe('BAD_INPUT');
    const another = await createCampaign(server, {}, 'demo-partner-3');
    const codes = [];
    for (let asked = 1; asked <= 61; asked += 1) codes.push((await rehearse(another, { at: hours(asked) })).code);
    expect(codes).toEqual([...Array(60).fill(undefined), 'INVALID_STATE']);
    expect((await rehearse(another, { at: hours(1) })).code).toBe('INVALID_STATE');
  });
});
