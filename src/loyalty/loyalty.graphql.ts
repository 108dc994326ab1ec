/** Points and tiers as they are asked for. */
import { builder } from '../graphql/builder.ts';
import type { MemberCode } from './member-codes.ts';
import type { Standing } from './standing.ts';

const TierType = builder.objectRef<NonNullable<Standing['tier']>>('LoyaltyTier').implement({
  fields: (t) => ({ code: t.exposeString('code'), name: t.exposeString('name') }),
});
const NextTierType = builder.objectRef<NonNullable<Standing['nextTier']>>('NextLoyaltyTier').implement({
  fields: (t) => ({
    code: t.exposeString('code'),
    pointsNeeded: t.exposeInt('pointsNeeded', { description: 'How many more it takes, as the days count now.' }),
  }),
});

export const LoyaltyType = builder.objectRef<Standing>('Loyalty').implement({
  description: "A fan's points and tier.",
  fields: (t) => ({
    points: t.exposeInt('points', {
      description: 'What may be spent now. Below zero where points that were spent had to be taken back.',
    }),
    pendingPoints: t.exposeInt('pendingPoints', { description: 'Earned, and not yet confirmed.' }),
    heldPoints: t.exposeInt('heldPoints', { description: 'Set aside for rewards that were issued.' }),
    expiredPoints: t.exposeInt('expiredPoints', {
      description: 'With points and pendingPoints the sum of all entries of the ledger, at any time.',
    }),
    tier: t.expose('tier', { type: TierType, nullable: true, description: 'Null where the program has no such tier.' }),
    nextTier: t.expose('nextTier', { type: NextTierType, nullable: true, description: 'Null in the highest tier.' }),
  }),
});

export const MemberCodeType = builder.objectRef<MemberCode>('MemberCode').implement({
  description: 'What a fan shows at a till or a gate, so that they are known there. It says nothing to anybody else.',
  fields: (t) => ({
    code: t.exposeString('code'),
    validUntil: t.expose('validUntil', { type: 'DateTime', description: 'Ask for another one a minute before.' }),
  }),
});
