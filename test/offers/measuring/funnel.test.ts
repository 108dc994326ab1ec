/** A campaign in numbers: rounded while it lives, exact at its end, and silent while they would be about somebody. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gather } from '../../support/crowd.ts';
import { createCampaign, enrollFan, liveGameId, mutate } from '../../support/operations.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

const CAMPAIGN = `query ($id: ID!) { node(id: $id) { ... on Campaign {
  budget { claims { limit used } spend { limit used currency } }
  funnel { announced viewed clicked claimed redeemed suppressed }
} } }`;
const NONE = { announced: null, viewed: null, clicked: null, claimed: null, redeemed: null };

describe('the funnel of a campaign', () => {
  let server: TestServer;
  let gameId: string;
  beforeAll(async () => {
    server = await startTestServer();
    gameId = await liveGameId(server);
  });
  afterAll(() => server.close());

  const execute = <T extends object>(statement: string) => server.services.orm.em.fork().execute<T[]>(statement);
  const leave = () => execute('delete from presence');
  const arrive = async (scopes: string[]) => {
    const fan = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE', ...scopes]);
    await mutate(server, fan.token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    return fan;
  };
  const announceTo = async (campaign: { id: string; token: string }) =>
    mutate(server, campaign.token, 'announceOffer', {
      campaignId: campaign.id,
      gameId,
      idempotencyKey: `${Math.random()}`,
    });
  const measure = async ({ id, token }: { id: string; token: string }) => {
    const { data, errors } = await server.ask(token, CAMPAIGN, { id });
    if (errors) throw new Error(JSON.stringify(errors));
    return data.node;
  };
  const fiveMinutesPass = () => execute(`update campaign_funnel set counted_at = counted_at - interval '301 seconds'`);

  it('tells nothing below the minimum', async () => {
    await leave();
    await gather(server, 19);
    const campaign = await createCampaign(server, { budget: { claims: 50 } });
    await announceTo(campaign);
    const few = await measure(campaign);
    expect(few.funnel).toEqual({ ...NONE, suppressed: true });
    expect(few.budget).toEqual({ claims: { limit: 50, used: null }, spend: null });
    await mutate(server, campaign.token, 'endCampaign', { campaignId: campaign.id });
    expect((await measure(campaign)).funnel).toEqual({ ...NONE, suppressed: true });
  });

  it('is rounded down and stands still for five minutes while the campaign lives, and is exact at its end', async () => {
    await leave();
    await gather(server, 27);
    const fans = [];
    for (let n = 0; n < 12; n += 1) fans.push(await arrive(['HISTORY_ENGAGEMENT']));
    const spend = { amount: 100_000, currency: 'USD' };
    const campaign = await createCampaign(server, { budget: { claims: 50, spend } });
    await announceTo(campaign);
    const first = await measure(campaign);
    expect(first.funnel).toEqual({ announced: 30, viewed: 0, clicked: 0, claimed: 0, redeemed: 0, suppressed: false });
    expect(first.budget).toEqual({
      claims: { limit: 50, used: 0 },
      spend: { limit: 100_000, used: 0, currency: 'USD' },
    });
    for (const { token } of fans) {
      for (const kind of ['VIEW', 'DISMISS']) {
        await mutate(server, token, 'recordEngagement', { offerId: campaign.offerId, kind });
      }
    }
    await mutate(server, fans[0]!.token, 'recordEngagement', { offerId: campaign.offerId, kind: 'CLICK' });
    expect(await measure(campaign)).toEqual(first);
    await fiveMinutesPass();
    expect((await measure(campaign)).funnel).toMatchObject({ announced: 30, viewed: 10, clicked: 0 });
    await mutate(server, campaign.token, 'endCampaign', { campaignId: campaign.id });
    expect((await measure(campaign)).funnel).toMatchObject({
      announced: 39,
      viewed: 12,
      clicked: 1,
      suppressed: false,
    });
  });

  it('counts what fans did only while they let it be kept', async () => {
    await leave();
    await gather(server, 20);
    const fans = [await arrive(['HISTORY_ENGAGEMENT']), await arrive(['HISTORY_ENGAGEMENT'])];
    const campaign = await createCampaign(server);
    await announceTo(campaign);
    for (const { token } of fans) {
      await mutate(server, token, 'recordEngagement', { offerId: campaign.offerId, kind: 'VIEW' });
    }
    await mutate(server, fans[0]!.token, 'withdrawConsent', { scopes: ['HISTORY_ENGAGEMENT'] });
    await mutate(server, campaign.token, 'endCampaign', { campaignId: campaign.id });
    expect((await measure(campaign)).funnel).toMatchObject({ announced: 22, viewed: 1 });
  });

  it('does not show who was held out, whom the operator records', async () => {
    await leave();
    const keys = await gather(server, 200);
    const campaign = await createCampaign(server, { holdoutPercent: 50 });
    await announceTo(campaign);
    await announceTo(campaign);
    const key = server.services.idsFor(null).parse(campaign.id)!.key;
    const [row] = await server.services.orm.em.fork().execute<{ held: number; right: number; told: number }[]>(sql`
      select count(*)::int as held, count(*) filter (where campaign_holdout(${key}::bigint, h.fan_id))::int as right,
        (select count(*) from delivery d join offer o on o.id = d.offer_id where o.campaign_id = ${key})::int as told
      from holdout h where h.campaign_id = ${key}`);
    expect(row!.held + row!.told).toBe(keys.length);
    expect(row!.right).toBe(row!.held);
    expect(row!.held).toBeGreaterThan(50);
    expect((await measure(campaign)).funnel.announced).toBe(Math.floor(row!.told / 10) * 10);
  });
});
