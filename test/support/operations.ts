/** The operations that tests send again and again: the consumer contract's own, by name. */
import type { Answer, TestServer } from './server.ts';
import { tokenOf } from './server.ts';

export const LIVE_OFFERS = `subscription LiveOffers($gameId: ID!, $after: String) {
  liveOffers(gameId: $gameId, after: $after) {
    __typename cursor
    ... on OfferAnnounced {
      announcement { id at }
      offer { id title body imageUrl sponsor { id name } validUntil }
      because { kind text }
      zone { id name }
      walkingSeconds
    }
    ... on OfferEnded { offer { id } reason }
    ... on StreamGap { resumeFrom missedAtLeast }
  }
}`;

export const OFFER_STREAM = `subscription OfferStream($after: String, $campaignId: ID) {
  offerStream(after: $after, campaignId: $campaignId) {
    __typename cursor
    ... on OfferActivity {
      at kind
      campaign { id }
      fan { id displayName favoriteTeam { id code } currentZone { id } loyalty { tier { code } } }
    }
    ... on StreamGap { resumeFrom missedAtLeast }
  }
}`;

const failure = '... on Error { code message }';

const MUTATIONS = {
  enrollFan: 'fan { id displayName } receipt { id jws }',
  updateMe: 'fan { id displayName email favoriteTeam { code } }',
  grantConsent: 'grants { id scope status expiresAt } receipt { id jws }',
  withdrawConsent: 'withdrawn { id scope status } receipt { id jws } barrier { nodes waitedMs } erased',
  pauseForGame: 'game { id } resumesAt receipt { id jws } barrier { nodes waitedMs }',
  enrollWard: 'ward { id displayName } receipt { id jws }',
  eraseMe: 'erasedAt certificate { id jws } barrier { nodes waitedMs }',
  setContactLimits: 'limits { perGame perHour quietMinutes pausedUntil lessOf { sponsor { code } until } }',
  lessLikeThis: 'limits { perGame perHour quietMinutes pausedUntil lessOf { sponsor { code } until } }',
  checkIn: 'visit { id arrivedAt game { id } } created',
  checkOut: 'visit { id leftAt }',
  recordEngagement: 'recorded',
  confirmArrival: 'visit { id provenAt } pointsEarned',
  recordPurchase: 'purchase { id total currency venue { code } } pointsEarned',
  refundPurchase: 'refund { at amount pointsTaken }',
  redeemReward: 'rewardRedemption { id status code } fan { id loyalty { points } }',
  honorReward: 'rewardRedemption { id status code }',
  returnReward: 'rewardRedemption { id status code }',
  claimOffer: 'claim { id code expiresAt status }',
  redeemClaim: 'redemption { id at status offer { id } discount { amount currency } pointsEarned }',
  rollbackRedemption: 'redemption { id status }',
  createCampaign: 'campaign { id status offer { id } }',
  announceOffer: 'announcement { id at }',
  pauseCampaign: 'campaign { id status }',
  dryRunCampaign: 'audienceBucket suppressed effects { kind text } skipped { code bucket }',
  launchCampaign: 'campaign { id status }',
  endCampaign: 'campaign { id status }',
  setGameStatus: 'game { id status startsAt }',
} as const;
export type MutationName = keyof typeof MUTATIONS;

/** The mutation's result, whichever member of its union. */
export async function mutate(
  server: Pick<TestServer, 'ask'>,
  token: string | null,
  name: MutationName,
  input: Record<string, unknown>,
  // biome-ignore lint/suspicious/noExplicitAny: the result's shape is the test's own business
): Promise<any> {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  const query = `mutation ${type}($input: ${type}Input!) {
    ${name}(input: $input) { __typename ... on ${type}Success { ${MUTATIONS[name]} } ${failure} }
  }`;
  const answer: Answer = await server.ask(token, query, { input });
  if (!answer.data) throw new Error(JSON.stringify(answer.errors));
  return answer.data[name];
}

export const POLICY = '2026-1';

/** The id of the demo's game, which is LIVE. */
export async function liveGameId(server: Pick<TestServer, 'ask'>): Promise<string> {
  const { data } = await server.ask(null, '{ games(first: 1, filter: { status: LIVE }) { edges { node { id } } } }');
  return data.games.edges[0].node.id;
}

/** Zone ids of the demo's ballpark, by code. */
export async function zoneIds(server: Pick<TestServer, 'ask'>): Promise<Record<string, string>> {
  const { data } = await server.ask(null, '{ venues(first: 1) { edges { node { zones { id code } } } } }');
  const zones: { id: string; code: string }[] = data.venues.edges[0].node.zones;
  return Object.fromEntries(zones.map(({ id, code }) => [code, id]));
}

let count = 0;

/** A new fan with these scopes for the operator, and a token. */
export async function enrollFan(
  server: Pick<TestServer, 'ask'>,
  scopes: readonly string[] = [],
  grant: Record<string, unknown> = { duration: 'STANDING' },
): Promise<{ token: string; subject: string }> {
  count += 1;
  const subject = `fan-${count}-${Date.now()}`;
  const token = await tokenOf('FAN', subject);
  await mutate(server, token, 'enrollFan', { displayName: `Fan ${count}`, policyVersion: POLICY });
  if (scopes.length > 0) await mutate(server, token, 'grantConsent', { scopes, policyVersion: POLICY, ...grant });
  return { token, subject };
}

/**
 * Makes a fan of eight years, as no act of theirs can: by hand, so that whoever does it has to wait like every act that
 * takes consent away. `where` finds the fan.
 */
export async function becomeMinor({ services }: Pick<TestServer, 'services'>, where: string): Promise<void> {
  const em = services.orm.em.fork();
  await em.execute(`update fan set birth_year = extract(year from app_now()) - 8 where ${where}`);
  await em.execute(`select consent_log_append(id, null, null, null) from fan where ${where}`);
  await services.barrier.pass();
}

/** A campaign that is LIVE for an hour; announce it once. */
export async function createCampaign(
  server: Pick<TestServer, 'ask'>,
  more: Record<string, unknown> = {},
  partner = 'demo-partner',
): Promise<{ id: string; offerId: string; token: string }> {
  count += 1;
  const token = await tokenOf('PARTNER', partner);
  const { campaign } = await mutate(server, token, 'createCampaign', {
    name: `Campaign ${count}`,
    offer: { title: `Offer ${count}`, body: 'At the counter.', discount: { percentOff: 10 } },
    budget: {},
    capPerFan: 1,
    validFrom: new Date(Date.now() - 60_000).toISOString(),
    validUntil: new Date(Date.now() + 3_600_000).toISOString(),
    ...more,
  });
  return { id: campaign.id, offerId: campaign.offer.id, token };
}

/** A new campaign, announced at once: the id of its offer. */
export const announce = async (
  server: Pick<TestServer, 'ask'>,
  gameId: string,
  more: Record<string, unknown> = {},
): Promise<string> => (await announceCampaign(server, gameId, more)).offerId;

export async function announceCampaign(
  server: Pick<TestServer, 'ask'>,
  gameId: string,
  more: Record<string, unknown> = {},
): Promise<{ id: string; offerId: string }> {
  const campaign = await createCampaign(server);
  const input = { campaignId: campaign.id, gameId, idempotencyKey: 'once', ...more };
  const result = await mutate(server, campaign.token, 'announceOffer', input);
  if (result.code) throw new Error(result.message);
  return campaign;
}
