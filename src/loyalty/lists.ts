/** What a fan's lists of points, purchases and rewards are pages of, the latest first. */
import type { PageOptions } from '../graphql/connection.ts';
import { PointsEntry } from './points.entity.ts';
import { Purchase } from './purchase.entity.ts';
import { RewardRedemption } from './reward.entity.ts';

const latest = { order: ['id'], direction: 'desc' } as const;

export const pointsEntriesOf = (fanId: string): PageOptions<PointsEntry> => ({
  entity: PointsEntry,
  table: 'points_entry',
  where: { fanId },
  ...latest,
});
export const rewardRedemptionsOf = (fanId: string): PageOptions<RewardRedemption> => ({
  entity: RewardRedemption,
  table: 'reward_redemption',
  where: { fanId },
  ...latest,
});
export const purchasesOf = (fanId: string): PageOptions<Purchase> => ({
  entity: Purchase,
  table: 'purchase',
  where: { fanId },
  ...latest,
});
