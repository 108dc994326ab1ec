/** The documents of the consumer contract that a game day needs. */
const failure = '... on Error { code message }';

export const GAME = `query Game($id: ID!) {
  node(id: $id) { ... on Game { id status homeTeam { id } awayTeam { id } venue { name zones { id name kind } } } }
  currentPolicy { version }
  partners(first: 100) { edges { node { id code } } }
}`;

const mutation = (name: string, fields: string) => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return `mutation ${type}($input: ${type}Input!) {
    ${name}(input: $input) { __typename ... on ${type}Success { ${fields} } ${failure} }
  }`;
};

export const MUTATIONS = {
  enrollFan: mutation('enrollFan', 'fan { id }'),
  grantConsent: mutation('grantConsent', 'grants { id scope status }'),
  withdrawConsent: mutation('withdrawConsent', 'withdrawn { id scope status } barrier { nodes waitedMs }'),
  checkIn: mutation('checkIn', 'visit { id } created'),
  checkOut: mutation('checkOut', 'visit { id leftAt }'),
  recordEngagement: mutation('recordEngagement', 'recorded'),
  claimOffer: mutation('claimOffer', 'claim { id code status }'),
  redeemClaim: mutation('redeemClaim', 'redemption { id status }'),
  createCampaign: mutation('createCampaign', 'campaign { id status offer { id } }'),
  announceOffer: mutation('announceOffer', 'announcement { id at }'),
  endCampaign: mutation('endCampaign', 'campaign { id status }'),
  setGameStatus: mutation('setGameStatus', 'game { id status }'),
} as const;
export type MutationName = keyof typeof MUTATIONS;

export const LIVE_OFFERS = `subscription LiveOffers($gameId: ID!, $after: String) {
  liveOffers(gameId: $gameId, after: $after) {
    __typename cursor
    ... on OfferAnnounced {
      announcement { id at }
      offer { id title body sponsor { id name } validUntil }
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
