export { pointsEntriesOf, purchasesOf, rewardRedemptionsOf } from './lists.ts';
export { issueMemberCode } from './member-codes.ts';
export type { EarningSource, PointsEntry } from './points.entity.ts';
export { earnByRules, earnPoints, reverseEarnings } from './points.service.ts';
export type { Purchase } from './purchase.entity.ts';
export { storePurchase } from './purchases.service.ts';
export type { RewardRedemption } from './reward.entity.ts';
export { requireShown, requireTill, type Till } from './tills.ts';
