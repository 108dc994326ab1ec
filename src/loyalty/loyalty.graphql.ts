/** The shape of points and tiers. The engine that fills it comes with the ledger of points; until then it is null. */
import { builder } from '../graphql/builder.ts';

interface Tier {
  code: string;
  name: string;
}
interface Loyalty {
  points: number;
  pendingPoints: number;
  tier: Tier;
  nextTier: { code: string; pointsNeeded: number } | null;
}

const TierType = builder.objectRef<Tier>('LoyaltyTier').implement({
  fields: (t) => ({ code: t.exposeString('code'), name: t.exposeString('name') }),
});
const NextTierType = builder.objectRef<NonNullable<Loyalty['nextTier']>>('NextLoyaltyTier').implement({
  fields: (t) => ({ code: t.exposeString('code'), pointsNeeded: t.exposeInt('pointsNeeded') }),
});

export const LoyaltyType = builder.objectRef<Loyalty>('Loyalty').implement({
  description: "A fan's points and tier.",
  fields: (t) => ({
    points: t.exposeInt('points'),
    pendingPoints: t.exposeInt('pendingPoints'),
    tier: t.expose('tier', { type: TierType }),
    nextTier: t.expose('nextTier', { type: NextTierType, nullable: true }),
  }),
});
