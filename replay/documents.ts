/** The documents of the consumer contract that a season needs, and what tills and gates say beside it. */
const mutation = (name: string, fields: string) => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return `mutation ${type}($input: ${type}Input!) {
    ${name}(input: $input) { __typename ... on ${type}Success { ${fields} } ... on Error { code message } }
  }`;
};

export const DOCUMENTS = {
  enrollFan: mutation('enrollFan', 'fan { id }'),
  grantConsent: mutation('grantConsent', 'grants { id }'),
  withdrawConsent: mutation('withdrawConsent', 'withdrawn { id }'),
  pauseForGame: mutation('pauseForGame', 'game { id }'),
  eraseMe: mutation('eraseMe', 'erasedAt'),
  checkIn: mutation('checkIn', 'visit { id } created'),
  checkOut: mutation('checkOut', 'visit { id }'),
  confirmArrival: mutation('confirmArrival', 'pointsEarned'),
  recordEngagement: mutation('recordEngagement', 'recorded'),
  claimOffer: mutation('claimOffer', 'claim { id code expiresAt }'),
  redeemClaim: mutation('redeemClaim', 'redemption { id discount { amount } pointsEarned }'),
  rollbackRedemption: mutation('rollbackRedemption', 'redemption { id status }'),
  recordPurchase: mutation('recordPurchase', 'purchase { id } pointsEarned'),
  refundPurchase: mutation('refundPurchase', 'refund { pointsTaken }'),
  redeemReward: mutation('redeemReward', 'rewardRedemption { id code status }'),
  honorReward: mutation('honorReward', 'rewardRedemption { id status }'),
  returnReward: mutation('returnReward', 'rewardRedemption { id status }'),
  createCampaign: mutation('createCampaign', 'campaign { id status offer { id } }'),
  launchCampaign: mutation('launchCampaign', 'campaign { id status }'),
  pauseCampaign: mutation('pauseCampaign', 'campaign { id status }'),
  endCampaign: mutation('endCampaign', 'campaign { id status }'),
  announceOffer: mutation('announceOffer', 'announcement { id }'),
  setGameStatus: mutation('setGameStatus', 'game { id status }'),
} as const;
export type MutationName = keyof typeof DOCUMENTS;

/** What a fan looks at on the way in: the code for gate and till, and what the program says. */
export const LOOK = `query Look {
  me {
    memberCode { code }
    loyalty { points pendingPoints heldPoints expiredPoints tier { code } }
  }
}`;

export const OFFERS = `query MyOffers($gameId: ID!) {
  me { offers(gameId: $gameId, first: 20) { edges { node { offer { id } } } } }
}`;

export const PARTNER_HOME = `query PartnerHome($first: Int!, $campaignsAfter: String) {
  partner {
    campaigns(first: $first, after: $campaignsAfter) {
      edges { node { id status budget { claims { limit used } spend { limit used } } funnel { claimed redeemed suppressed } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;
