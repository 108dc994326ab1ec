/** What a campaign brought in purchases, against those who were held out of it, with an interval around it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difference, wilson } from '../../../src/offers/measuring/proportions.ts';
import { gather } from '../../support/crowd.ts';
import { createCampaign, liveGameId, mutate } from '../../support/operations.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

describe('the interval around a difference', () => {
  const rounded = (numbers: object) =>
    Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value.toFixed(4))]));

  it("is the one of the paper's examples", () => {
    // Newcombe 1998, table II, method 10: 56/70 against 48/80, 9/10 against 3/10, 10/10 against 0/10.
    expect(rounded(difference({ hits: 56, of: 70 }, { hits: 48, of: 80 }))).toEqual({
      difference: 0.2,
      low: 0.0524,
      high: 0.3339,
    });
    expect(rounded(difference({ hits: 9, of: 10 }, { hits: 3, of: 10 }))).toMatchObject({ low: 0.1705, high: 0.809 });
    expect(rounded(difference({ hits: 10, of: 10 }, { hits: 0, of: 10 }))).toMatchObject({ low: 0.6075, high: 1 });
  });

  it('stays between nothing and all', () => {
    expect(wilson({ hits: 0, of: 20 }).low).toBe(0);
    expect(wilson({ hits: 20, of: 20 }).high).toBe(1);
  });
});

describe('the uplift of a campaign', () => {
  const CAMPAIGN = `query ($id: ID!) { node(id: $id) { ... on Campaign {
    uplift { told heldOut difference low high suppressed } } } }`;
  const SUPPRESSED = { told: null, heldOut: null, difference: null, low: null, high: null, suppressed: true };
  const SCOPES = ['PRESENCE_VENUE', 'OFFERS_LIVE', 'ANALYTICS', 'HISTORY_PURCHASE'];
  let server: TestServer;
  let gameId: string;
  beforeAll(async () => {
    server = await startTestServer();
    gameId = await liveGameId(server);
  });
  afterAll(() => server.close());

  const execute = <T extends object>(statement: string) => server.services.orm.em.fork().execute<T[]>(statement);
  const measure = async ({ id, token }: { id: string; token: string }) =>
    (await server.ask(token, CAMPAIGN, { id })).data.node.uplift;
  /** Announced to whoever is there, and their keys: who was told, who was held out. */
  const announce = async (holdoutPercent: number) => {
    const campaign = await createCampaign(server, { holdoutPercent });
    await mutate(server, campaign.token, 'announceOffer', { campaignId: campaign.id, gameId, idempotencyKey: 'k' });
    const key = server.services.idsFor(null).parse(campaign.id)!.key;
    const keys = async (statement: string) => (await execute<{ fan_id: string }>(statement)).map((row) => row.fan_id);
    const told = await keys(
      `select fan_id from delivery d join offer o on o.id = d.offer_id where o.campaign_id = ${key} order by 1`,
    );
    const held = await keys(`select fan_id from holdout where campaign_id = ${key} order by 1`);
    return { campaign, told, held };
  };
  let sold = 0;
  const buy = async (fans: readonly string[], refunded = false) => {
    for (const fan of fans) {
      sold += 1;
      const [purchase] = await execute<{ id: string }>(`
        insert into purchase (fan_id, venue_id, total, currency, till, idempotency_key)
        select ${fan}, venue_id, 500, 'USD', 'till', 'p${sold}' from game where demo returning id`);
      if (!refunded) continue;
      await execute(`insert into purchase_refund (purchase_id, fan_id, amount, points_taken, till, idempotency_key)
        values (${purchase!.id}, ${fan}, 500, 0, 'till', 'p${sold}')`);
    }
  };
  const end = ({ id, token }: { id: string; token: string }) =>
    mutate(server, token, 'endCampaign', { campaignId: id });

  it('compares those told with those held out, of all who let it be counted, once the campaign has ended', async () => {
    await execute('delete from presence');
    const counted = new Set(await gather(server, 150, { scopes: SCOPES }));
    await gather(server, 40, { scopes: ['PRESENCE_VENUE', 'OFFERS_LIVE', 'ANALYTICS'] });
    const { campaign, told, held } = await announce(40);
    const [ours, theirs] = [told.filter((fan) => counted.has(fan)), held.filter((fan) => counted.has(fan))];
    // Who does not let it be counted may buy as much as they like, and a refund makes a purchase none.
    await buy(told.filter((fan) => !counted.has(fan)));
    await buy(ours.slice(0, 30));
    await buy(ours.slice(30, 35), true);
    await buy(theirs.slice(0, 6));
    expect(await measure(campaign)).toEqual(SUPPRESSED);
    await end(campaign);
    const uplift = await measure(campaign);
    expect(uplift).toEqual({
      told: 30 / ours.length,
      heldOut: 6 / theirs.length,
      ...difference({ hits: 30, of: ours.length }, { hits: 6, of: theirs.length }),
      suppressed: false,
    });
    await buy(theirs.slice(6, 20));
    expect(await measure(campaign)).toEqual(uplift);
  });

  it('says nothing where either group is below the minimum', async () => {
    await execute('delete from presence');
    await gather(server, 60, { scopes: SCOPES });
    const everybody = await announce(0);
    await end(everybody.campaign);
    expect(await measure(everybody.campaign)).toEqual(SUPPRESSED);
  });
});
