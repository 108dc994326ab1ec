/** The list of offers that a fan was announced: shown under OFFERS_LIVE, each with the reasons why. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce, createCampaign, enrollFan, liveGameId, mutate, POLICY, zoneIds } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const MY_OFFERS = `query MyOffers($gameId: ID, $first: Int!, $after: String) {
  me { id offers(gameId: $gameId, first: $first, after: $after) {
    edges { node {
      id announcedAt status announcement { id }
      offer { id title body imageUrl sponsor { id name }
        discount { __typename ... on PercentOff { percent } ... on AmountOff { amount currency } ... on PointsBonus { points } }
        validUntil }
      because { kind text scope }
    } }
    pageInfo { hasNextPage endCursor }
    totalCount
  } }
}`;

describe("a fan's offers", () => {
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
  const offersOf = async (token: string, more: object = {}) => {
    const { data, errors } = await server.ask(token, MY_OFFERS, { first: 10, ...more });
    if (errors) throw new Error(JSON.stringify(errors));
    return data.me.offers;
  };

  it('are listed, the latest first, with what choosing the fan went by', async () => {
    const scopes = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE'];
    const fan = await arrive(scopes, zones['green-monster']);
    const first = await announce(server, gameId);
    const second = await announce(server, gameId, { zoneIds: [zones['green-monster']] });
    const { edges, totalCount } = await offersOf(fan.token);
    expect(totalCount).toBe(2);
    expect(edges.map(({ node }: { node: { offer: { id: string } } }) => node.offer.id)).toEqual([second, first]);
    expect(edges[0].node).toMatchObject({ status: 'OPEN', offer: { discount: { percent: 10 } } });
    expect(edges[0].node.because).toEqual([
      { kind: 'AT_VENUE', text: 'You are at Fenway Park.', scope: 'PRESENCE_VENUE' },
      { kind: 'IN_ZONE', text: expect.stringMatching(/^You are near .*Monster/), scope: 'PRESENCE_ZONE' },
    ]);
  });

  it('come in pages without repetition, and of one game where it is asked for', async () => {
    const fan = await arrive(['PRESENCE_VENUE', 'OFFERS_LIVE']);
    const announced = [await announce(server, gameId), await announce(server, gameId), await announce(server, gameId)];
    const page = await offersOf(fan.token, { first: 2, gameId });
    const rest = await offersOf(fan.token, { first: 2, gameId, after: page.pageInfo.endCursor });
    const ids = [...page.edges, ...rest.edges].map(({ node }) => node.offer.id);
    expect([ids, page.pageInfo.hasNextPage, rest.pageInfo.hasNextPage]).toEqual([announced.reverse(), true, false]);
    const { data } = await server.ask(null, '{ games(first: 1, filter: { status: FINAL }) { edges { node { id } } } }');
    const elsewhere = await offersOf(fan.token, { gameId: data.games.edges[0].node.id });
    expect([elsewhere.edges, elsewhere.totalCount]).toEqual([[], 0]);
  });

  it('say whether they are still to be had', async () => {
    const fan = await arrive(['PRESENCE_VENUE', 'OFFERS_LIVE']);
    const campaign = await createCampaign(server);
    await mutate(server, campaign.token, 'announceOffer', { campaignId: campaign.id, gameId, idempotencyKey: 'once' });
    const status = async () => (await offersOf(fan.token)).edges[0].node.status;
    await mutate(server, campaign.token, 'pauseCampaign', { campaignId: campaign.id, paused: true });
    expect(await status()).toBe('PAUSED');
    await mutate(server, campaign.token, 'endCampaign', { campaignId: campaign.id });
    expect(await status()).toBe('ENDED');
  });

  it('are hidden while OFFERS_LIVE is off, and there again with it', async () => {
    const fan = await arrive(['PRESENCE_VENUE', 'OFFERS_LIVE']);
    await announce(server, gameId);
    const [{ node }] = (await offersOf(fan.token)).edges;
    const byId = async (token: string | null) =>
      (await server.ask(token, 'query ($id: ID!) { node(id: $id) { __typename id } }', { id: node.id })).data.node;
    expect(await byId(fan.token)).toEqual({ __typename: 'Delivery', id: node.id });
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'] });
    expect([await offersOf(fan.token), await byId(fan.token)]).toEqual([null, null]);
    await mutate(server, fan.token, 'grantConsent', {
      scopes: ['OFFERS_LIVE'],
      duration: 'STANDING',
      policyVersion: POLICY,
    });
    expect((await offersOf(fan.token)).totalCount).toBe(1);
    expect(await byId((await enrollFan(server)).token)).toBeNull();
  });

  it('are shown to a partner who shares them without the reasons, and only its own', async () => {
    const fan = await arrive(['PRESENCE_VENUE', 'OFFERS_LIVE']);
    const { data } = await server.ask(null, '{ partners(first: 10) { edges { node { id code } } } }');
    const idOf = (code: string) =>
      data.partners.edges.find(({ node }: { node: { code: string } }) => node.code === code).node.id;
    const own = await announce(server, gameId);
    const other = await createCampaign(server, {}, 'demo-partner-2');
    await mutate(server, other.token, 'announceOffer', { campaignId: other.id, gameId, idempotencyKey: 'once' });
    expect((await offersOf(fan.token)).totalCount).toBe(2);
    const share = { scopes: ['OFFERS_LIVE'], recipientId: idOf('demo-partner'), policyVersion: POLICY };
    await mutate(server, fan.token, 'grantConsent', { ...share, duration: 'STANDING' });
    const key = server.services.idsFor(null).parse((await server.ask(fan.token, '{ me { id } }')).data.me.id)!.key;
    const partnerKey = server.services.idsFor(null).parse(idOf('demo-partner'))!.key;
    const id = server.services.idsFor(partnerKey).toGlobal('Fan', key);
    const query = `query ($id: ID!) { node(id: $id) { ... on Fan { offers(first: 5) {
      totalCount edges { node { offer { id } because { kind } } } } } } }`;
    const seen = await server.ask(await tokenOf('PARTNER', 'demo-partner'), query, { id });
    expect(seen.data.node.offers).toEqual({
      totalCount: 1,
      edges: [{ node: { offer: { id: own }, because: null } }],
    });
  });
});
