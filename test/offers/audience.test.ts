/** Who an announcement reaches: chosen in one statement, by presence, consent, and the campaign's own rules. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCampaign, enrollFan, liveGameId, mutate, POLICY, zoneIds } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const ALL = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE', 'PERSONALIZATION', 'PROFILE_PREFERENCES'];

describe('the audience of an announcement', () => {
  let server: TestServer;
  let gameId: string;
  let zones: Record<string, string>;
  beforeAll(async () => {
    server = await startTestServer();
    [gameId, zones] = [await liveGameId(server), await zoneIds(server)];
  });
  afterAll(() => server.close());

  const arrive = async (scopes: readonly string[], zoneId?: string) => {
    const fan = await enrollFan(server, scopes);
    await mutate(server, fan.token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate', zoneId });
    return fan;
  };
  const announceTo = async (campaign: { id: string; token: string }, more: object = {}) => {
    const input = { campaignId: campaign.id, gameId, idempotencyKey: `${Math.random()}`, ...more };
    return mutate(server, campaign.token, 'announceOffer', input);
  };
  const reached = async (campaign: { offerId: string }) => {
    const offer = server.services.idsFor(null).parse(campaign.offerId)!.key;
    const rows = await server.services.orm.em.fork().execute<{ subject: string }[]>(sql`
      select f.subject from delivery d join fan f on f.id = d.fan_id where d.offer_id = ${offer}`);
    return rows.map(({ subject }) => subject);
  };

  it('is whoever is there and consents, each once, whatever the partner repeats', async () => {
    const there = await arrive(['PRESENCE_VENUE', 'OFFERS_LIVE']);
    const silent = await arrive(['PRESENCE_VENUE']);
    const absent = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
    const campaign = await createCampaign(server);
    await announceTo(campaign);
    await announceTo(campaign);
    const audience = await reached(campaign);
    expect(audience).toContain(there.subject);
    expect(audience.filter((subject) => subject === there.subject)).toHaveLength(1);
    expect(audience).not.toContain(silent.subject);
    expect(audience).not.toContain(absent.subject);
  });

  it('is only the fans in the named zones who say where they are', async () => {
    const near = await arrive(ALL, zones['team-store']);
    const far = await arrive(ALL, zones.bleachers);
    const unknown = await arrive(['PRESENCE_VENUE', 'OFFERS_LIVE'], zones['team-store']);
    const campaign = await createCampaign(server);
    await announceTo(campaign, { zoneIds: [zones['team-store']] });
    const audience = await reached(campaign);
    expect(audience).toContain(near.subject);
    expect(audience).not.toContain(far.subject);
    expect(audience).not.toContain(unknown.subject);
  });

  it('is chosen by the favorite team only among those who let that be used', async () => {
    const { data } = await server.ask(null, '{ teams(first: 2) { edges { node { id code } } } }');
    const [team, rival] = data.teams.edges.map(({ node }: { node: { id: string } }) => node.id);
    const cheer = async (scopes: readonly string[], favoriteTeamId: string) => {
      const fan = await arrive(scopes);
      await mutate(server, fan.token, 'grantConsent', { scopes: ['PROFILE_PREFERENCES'], policyVersion: POLICY });
      await mutate(server, fan.token, 'updateMe', { favoriteTeamId });
      return fan;
    };
    const ours = await cheer(ALL, team);
    const theirs = await cheer(ALL, rival);
    const impersonal = await cheer(['PRESENCE_VENUE', 'OFFERS_LIVE'], team);
    const campaign = await createCampaign(server, { segment: { favoriteTeamIds: [team] } });
    await announceTo(campaign);
    const audience = await reached(campaign);
    expect(audience).toContain(ours.subject);
    expect(audience).not.toContain(theirs.subject);
    expect(audience).not.toContain(impersonal.subject);
  });

  it('is nobody when all are held out', async () => {
    await arrive(ALL);
    const campaign = await createCampaign(server, { holdoutPercent: 100 });
    await announceTo(campaign);
    expect(await reached(campaign)).toEqual([]);
  });

  it('reaches a fan once when the same offer is announced many times at once', async () => {
    const fan = await arrive(['PRESENCE_VENUE', 'OFFERS_LIVE']);
    const campaign = await createCampaign(server);
    const results = await Promise.all(Array.from({ length: 8 }, () => announceTo(campaign)));
    expect(results.map(({ __typename }) => __typename)).toEqual(Array(8).fill('AnnounceOfferSuccess'));
    expect((await reached(campaign)).filter((subject) => subject === fan.subject)).toHaveLength(1);
  });

  it('answers the same key with the same announcement, and refuses it for another', async () => {
    const campaign = await createCampaign(server);
    const first = await announceTo(campaign, { idempotencyKey: 'k' });
    expect(await announceTo(campaign, { idempotencyKey: 'k' })).toEqual(first);
    const other = await announceTo(campaign, { idempotencyKey: 'k', zoneIds: [zones.bleachers] });
    expect(other.code).toBe('IDEMPOTENCY_CONFLICT');
  });

  it('is refused to another partner, after the end, outside the window and while paused', async () => {
    const campaign = await createCampaign(server);
    const other = { ...campaign, token: await tokenOf('PARTNER', 'demo-partner-2') };
    expect((await announceTo(other)).code).toBe('NOT_FOUND');
    await mutate(server, campaign.token, 'pauseCampaign', { campaignId: campaign.id, paused: true });
    expect((await announceTo(campaign)).code).toBe('INVALID_STATE');
    await mutate(server, campaign.token, 'pauseCampaign', { campaignId: campaign.id, paused: false });
    expect((await announceTo(campaign)).__typename).toBe('AnnounceOfferSuccess');
    const { campaign: ended } = await mutate(server, campaign.token, 'endCampaign', { campaignId: campaign.id });
    expect([ended.status, (await announceTo(campaign)).code]).toEqual(['ENDED', 'INVALID_STATE']);
    const soon = { validFrom: new Date(Date.now() + 60_000).toISOString() };
    expect((await announceTo(await createCampaign(server, soon))).code).toBe('INVALID_STATE');
  });

  it('belongs to a campaign that its key creates once', async () => {
    const make = (more: object) => createCampaign(server, { name: 'Once', idempotencyKey: 'once', ...more });
    const window = { validFrom: '2026-01-01T00:00:00Z', validUntil: '2027-01-01T00:00:00Z' };
    const offer = { title: 'T', body: 'B', discount: { amountOff: { amount: 500, currency: 'USD' } } };
    const [first, second] = [await make({ ...window, offer }), await make({ ...window, offer })];
    expect(second.id).toBe(first.id);
    await expect(make({ ...window, offer, capPerFan: 2 })).rejects.toThrow();
    const discount = { amountOff: { amount: 500, currency: 'XXL' } };
    await expect(make({ offer: { ...offer, discount }, idempotencyKey: 'other' })).rejects.toThrow();
  });
});
