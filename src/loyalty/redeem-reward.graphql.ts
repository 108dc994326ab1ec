/** A fan exchanges points for a reward. */

import { FanType } from '../fans/fans.graphql.ts';
import { type Fan, Fan as FanEntity } from '../fans/index.ts';
import { builder } from '../graphql/builder.ts';
import type { RewardRedemption } from './reward.entity.ts';
import { RewardRedemptionType } from './rewards.graphql.ts';
import { redeemReward } from './rewards.service.ts';

const RedeemRewardInput = builder.inputType('RedeemRewardInput', {
  fields: (t) => ({ rewardId: t.id({ required: true }), idempotencyKey: t.string({ required: true }) }),
});
const RedeemRewardSuccess = builder
  .objectRef<{ rewardRedemption: RewardRedemption; fan: Fan }>('RedeemRewardSuccess')
  .implement({
    fields: (t) => ({
      rewardRedemption: t.expose('rewardRedemption', { type: RewardRedemptionType }),
      fan: t.expose('fan', { type: FanType }),
    }),
  });

builder.mutationField('redeemReward', (t) =>
  t.field({
    type: RedeemRewardSuccess,
    errors: {},
    description: 'Sets the points aside that the reward takes, and answers with the code to show for it.',
    args: { input: t.arg({ type: RedeemRewardInput, required: true }) },
    resolve: async (_, { input }, context) => {
      const rewardId = context.ids.key('Reward', input.rewardId, 'input.rewardId');
      const rewardRedemption = await redeemReward(context, { ...input, rewardId });
      return { rewardRedemption, fan: await context.em.findOneOrFail(FanEntity, { id: rewardRedemption.fanId }) };
    },
  }),
);
