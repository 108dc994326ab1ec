/** Why an offer does not come: told to the fan by the very rule that announcing goes by. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SKIP_CODES } from '../../src/offers/skips.ts';
import { createCampaign, enrollFan, liveGameId, mutate, zoneIds } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const WHY_NOT = 'query WhyNot($offerId: ID!) { whyNot(offerId: $offerId) { eligible reasons { code text scope } } }';
const HERE = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE', 'PERSONALIZATION', 'PROFILE_PREFERENCES'];

interface Campaign {
  id: string;
  offerId: string;
  token: string;
}

describe('whyNot', () => {
  let server: TestServer;
  let gameId: string;
  let zones: Record<string, string>;
  let teams: string[];
  beforeAll(async () => {
    server = await startTestServer();
    [gameId, zones] = [await liveGameId(server), await zoneIds(server)];
    const { data } = await server.ask(null, '{ teams(first: 2) { edges { node { id } } } }');
    teams = data.teams.edges.map(({ node }: { node: { id: string } }) => node.id);
  });
  afterAll(() => server.close());

  const arrive = async (scopes: readonly string[], zoneId?: string) => {
    const fan = await enrollFan(server, scopes);
    const result = await mutate(server, fan.token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate', zoneId });
    expect(result.code).toBeUndefined();
    return fan;
  };
  const announceTo = (campaign: Campaign, more: object = {}) =>
    mutate(server, campaign.token, 'announceOffer', { campaignId: campaign.id, gameId, idempotencyKey: 'k', ...more });
  const whyNot = async (fan: { token: string }, { offerId }: { offerId: string }) => {
    const { data, errors } = await server.ask(fan.token, WHY_NOT, { offerId });
    if (errors) throw new Error(JSON.stringify(errors));
    return data.whyNot as { eligible: boolean; reasons: { code: string; scope: string | null }[] };
  };
  const codes = async (fan: { token: string }, campaign: Campaign) =>
    (await whyNot(fan, campaign)).reasons.map(({ code, scope }) => (scope ? `${code} ${scope}` : code));

  it('says that nothing stands in the way of a fan who would be told next', async () => {
    const [fan, campaign] = [await arrive(HERE), await createCampaign(server)];
    expect(await whyNot(fan, campaign)).toMatchObject({ eligible: true, reasons: [{ code: 'NOT_ANNOUNCED_YET' }] });
    await announceTo(campaign);
    expect(await whyNot(fan, campaign)).toMatchObject({ eligible: false, reasons: [{ code: 'ALREADY_ANNOUNCED' }] });
  });

  it('names each scope that is off', async () => {
    const fan = await arrive(['PRESENCE_VENUE']);
    const campaign = await createCampaign(server, { segment: { favoriteTeamIds: [teams[0]] } });
    expect(await codes(fan, campaign)).toEqual([
      'CONSENT_OFF OFFERS_LIVE',
      'CONSENT_OFF PROFILE_PREFERENCES',
      'CONSENT_OFF PERSONALIZATION',
    ]);
  });

  it('names the place, the team, the chance and the absence', async () => {
    const zoned = await createCampaign(server, { zoneIds: [zones.bleachers] });
    const teamed = await createCampaign(server, { segment: { favoriteTeamIds: [teams[0]] } });
    const held = await createCampaign(server, { holdoutPercent: 100 });
    const fan = await arrive(HERE, zones['green-monster']);
    await mutate(server, fan.token, 'updateMe', { favoriteTeamId: teams[1] });
    expect(await codes(fan, zoned)).toEqual(['NOT_IN_ZONE PRESENCE_ZONE']);
    expect(await codes(fan, teamed)).toEqual(['OTHER_TEAM PROFILE_PREFERENCES']);
    expect(await codes(fan, held)).toEqual(['HELD_OUT']);
    const away = await enrollFan(server, HERE);
    expect(await codes(away, zoned)).toEqual(['NOT_PRESENT PRESENCE_VENUE']);
  });

  it('goes by the zones of the latest announcement', async () => {
    const fan = await arrive(HERE, zones['green-monster']);
    const campaign = await createCampaign(server);
    await announceTo(campaign, { zoneIds: [zones.bleachers] });
    expect(await codes(fan, campaign)).toEqual(['NOT_IN_ZONE PRESENCE_ZONE']);
  });

  it('names what concerns everybody', async () => {
    const fan = await arrive(HERE);
    const soon = await createCampaign(server, { validFrom: new Date(Date.now() + 60_000).toISOString() });
    expect(await codes(fan, soon)).toEqual(['CAMPAIGN_NOT_STARTED']);
    const campaign = await createCampaign(server);
    await mutate(server, campaign.token, 'pauseCampaign', { campaignId: campaign.id, paused: true });
    expect(await codes(fan, campaign)).toEqual(['CAMPAIGN_PAUSED']);
    await mutate(server, campaign.token, 'endCampaign', { campaignId: campaign.id });
    expect(await codes(fan, campaign)).toEqual(['CAMPAIGN_PAUSED', 'CAMPAIGN_ENDED']);
  });

  it('agrees with announcing: whoever is eligible is told, and nobody else', async () => {
    const fans = [];
    for (const [scopes, zone] of [
      [HERE, 'bleachers'],
      [HERE, 'green-monster'],
      [['PRESENCE_VENUE', 'OFFERS_LIVE'], 'bleachers'],
      [['PRESENCE_VENUE', 'PRESENCE_ZONE'], 'bleachers'],
    ] as const) {
      for (const team of [undefined, ...teams]) {
        const fan = await arrive(scopes, zones[zone]);
        if (team) await mutate(server, fan.token, 'updateMe', { favoriteTeamId: team });
        fans.push(fan);
      }
    }
    for (const more of [
      {},
      { zoneIds: [zones.bleachers] },
      { segment: { favoriteTeamIds: [teams[0]] } },
      { segment: { favoriteTeamIds: teams }, zoneIds: [zones.bleachers] },
      { holdoutPercent: 50 },
    ]) {
      const campaign = await createCampaign(server, more);
      const foreseen = await Promise.all(fans.map(async (fan) => (await whyNot(fan, campaign)).eligible));
      await announceTo(campaign);
      const key = server.services.idsFor(null).parse(campaign.offerId)!.key;
      const rows = await server.services.orm.em.fork().execute<{ subject: string }[]>(sql`
        select f.subject from delivery d join fan f on f.id = d.fan_id where d.offer_id = ${key}`);
      const told = new Set(rows.map(({ subject }) => subject));
      expect(foreseen).toEqual(fans.map(({ subject }) => told.has(subject)));
    }
  });

  it('answers nobody but a fan, and nothing about an offer that is none', async () => {
    const campaign = await createCampaign(server);
    const codeOf = async (token: string | null, offerId: string) =>
      (await server.ask(token, WHY_NOT, { offerId })).errors![0]!.extensions.code;
    expect(await codeOf(null, campaign.offerId)).toBe('UNAUTHENTICATED');
    expect(await codeOf(await tokenOf('PARTNER', 'demo-partner'), campaign.offerId)).toBe('FORBIDDEN');
    const { token } = await enrollFan(server);
    expect(await codeOf(token, server.services.idsFor(null).toGlobal('Offer', '999999'))).toBe('NOT_FOUND');
    expect(await codeOf(token, gameId)).toBe('BAD_INPUT');
  });

  it('knows every reason that the rule has, in the same order', async () => {
    const [row] = await server.services.orm.em.fork().execute<{ codes: string[] }[]>('select skip_codes() as codes');
    expect(row!.codes).toEqual([...SKIP_CODES]);
  });
});
