/** An explicit audience: whom a campaign reaches that has one, asked through the front door. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCampaign, enrollFan, liveGameId, mutate } from '../../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../../support/server.ts';
import { openShop, type Shop } from './world.ts';

describe('a campaign with an explicit audience', () => {
  let server: TestServer;
  let shop: Shop;
  let gameId: string;
  beforeAll(async () => {
    server = await startTestServer();
    shop = await openShop(server.databaseUrl);
    gameId = await liveGameId(server);
  });
  afterAll(async () => {
    await shop.close();
    await server.close();
  });

  const keyOf = (id: string) => server.services.idsFor(null).parse(id)!.key;
  const checkIn = (token: string) => mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
  const announce = ({ id, token }: { id: string; token: string }) =>
    mutate(server, token, 'announceOffer', { campaignId: id, gameId, idempotencyKey: 'once' });
  const WHY = `query ($offer: ID!) { whyNot(offerId: $offer) { reasons { code scope } } }`;
  const OFFERS = `{ me { offers(first: 10) { edges { node { offer { id title } because { kind scope } } } } } }`;

  it('reaches those alone who are on its list, says so to them, and to the others why not', async () => {
    const campaign = await createCampaign(server);
    const [listed, other] = [
      await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']),
      await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']),
    ];
    for (const { token } of [listed, other]) await checkIn(token);
    await shop.sql(`update campaign set targeted = true where id = ${keyOf(campaign.id)};
      insert into campaign_target (campaign_id, fan_id) select ${keyOf(campaign.id)}, id from fan where subject = '${listed.subject}'`);
    await announce(campaign);
    const offersOf = async (token: string) => (await server.ask(token, OFFERS)).data.me.offers.edges;
    expect(await offersOf(listed.token)).toMatchObject([
      {
        node: {
          offer: { id: campaign.offerId },
          because: [{ kind: 'AT_VENUE' }, { kind: 'LISTED', scope: 'OFFERS_LIVE' }],
        },
      },
    ]);
    expect(await offersOf(other.token)).toEqual([]);
    expect((await server.ask(other.token, WHY, { offer: campaign.offerId })).data.whyNot.reasons).toEqual([
      { code: 'NOT_TARGETED', scope: 'OFFERS_LIVE' },
    ]);
  });

  it('reaches nobody, and not everybody, once nobody of its list is left', async () => {
    const campaign = await createCampaign(server);
    const fan = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
    await checkIn(fan.token);
    await shop.sql(`update campaign set targeted = true where id = ${keyOf(campaign.id)}`);
    await announce(campaign);
    expect(await shop.sql(`select * from delivery where offer_id = ${keyOf(campaign.offerId)}`)).toEqual([]);
  });

  it('shows a household its offers and claims of long ago by their own sign-in, and forgets them when they erase', async () => {
    const { report } = await shop.importFiles({});
    expect(report).toMatchObject({ targets: 4, redemptions: 4, refused: 0 });
    const token = await tokenOf('FAN', 'household:1');
    // What was agreed to is over; the fan may agree anew, and sees what was kept.
    const { currentPolicy } = (await server.ask(null, '{ currentPolicy { version } }')).data;
    const grant = { scopes: ['OFFERS_LIVE'], duration: 'STANDING', policyVersion: currentPolicy.version };
    await mutate(server, token, 'grantConsent', grant);
    const titles = (await server.ask(token, OFFERS)).data.me.offers.edges.map(
      (edge: { node: { offer: { title: string } } }) => edge.node.offer.title,
    );
    expect(titles).toHaveLength(2);
    await mutate(server, token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'], erase: true });
    const left = await shop.sql(`select f.subject from campaign_target t join fan f on f.id = t.fan_id
      where starts_with(f.subject, 'household:') order by 1`);
    expect(left).toEqual([{ subject: 'household:17' }, { subject: 'household:2' }]);
    // Run again, nobody brings back what they erased.
    const again = await shop.importFiles({});
    expect(again.report).toEqual({ campaigns: 2, targets: 2, members: 3, redemptions: 2, refused: 4 });
  });
});
