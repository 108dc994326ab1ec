/** What points can be exchanged for, as everyone sees it, and the contracts that fans have made. */
import { builder } from '../graphql/builder.ts';
import { connect } from '../graphql/connection.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { shared } from '../graphql/shared.ts';
import {
  REWARD_STATUSES,
  type Reward,
  Reward as RewardEntity,
  type RewardRedemption,
  RewardRedemption as RewardRedemptionEntity,
  statusOf,
} from './reward.entity.ts';
import { issueRewardCode } from './reward-codes.ts';
import { honorReward, returnReward } from './rewards.service.ts';

const RewardStatusEnum = builder.enumType('RewardStatus', { values: REWARD_STATUSES });

export const RewardType = builder.objectRef<Reward>('Reward').implement({
  description: 'What points can be exchanged for.',
  extensions: shared(),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: (reward, _, { ids }) => ids.toGlobal('Reward', reward.id) }),
    title: t.exposeString('title'),
    points: t.exposeInt('points'),
    left: t.int({
      nullable: true,
      description: 'How many there still are. Null: any number.',
      resolve: ({ stock, issued }) => (typeof stock === 'number' ? stock - issued : null),
    }),
  }),
});
registerNode('Reward', { load: ({ loaders }, key) => loaders.reward.load(key) });

builder.queryField('rewards', (t) =>
  t.connection({
    type: RewardType,
    description: 'Those that can be had now, the cheapest first.',
    resolve: async (_, args, context) => {
      const now = await context.now();
      return connect<Reward>(context, args, {
        entity: RewardEntity,
        table: 'reward',
        where: { availableFrom: { $lte: now }, $or: [{ availableUntil: null }, { availableUntil: { $gt: now } }] },
        order: ['points', 'id'],
      });
    },
  }),
);

export const RewardRedemptionType = builder.objectRef<RewardRedemption>('RewardRedemption');
builder.subjectType(RewardRedemptionType, {
  description: 'A reward that a fan took for points, and what became of it.',
  subject: ({ fanId }) => ({ fanId }),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ consent: null, resolve: ({ id }, _, { ids }) => ids.toGlobal('RewardRedemption', id) }),
    status: t.field({ type: RewardStatusEnum, consent: null, resolve: statusOf }),
    code: t.string({
      nullable: true,
      consent: null,
      selfOnly: true,
      description: 'What to show in order to get it. Null for all but the fan.',
      resolve: ({ id }, _, { codes }) => issueRewardCode(codes, id),
    }),
    reward: t.field({
      type: RewardType,
      consent: null,
      resolve: async ({ rewardId }, _, { loaders }) => (await loaders.reward.load(rewardId))!,
    }),
    points: t.exposeInt('points', { consent: null }),
    issuedAt: t.expose('issuedAt', { type: 'DateTime', consent: null }),
    redeemedAt: t.expose('redeemedAt', { type: 'DateTime', nullable: true, consent: null }),
    returnedAt: t.expose('returnedAt', { type: 'DateTime', nullable: true, consent: null }),
  }),
});
registerNode('RewardRedemption', {
  load: ({ em }, key) => em.findOne(RewardRedemptionEntity, { id: key }),
  gate: async ({ fanId }) => ({ subject: { fanId }, anyOf: ['LOYALTY'] }),
});

const shownCode = (name: string) =>
  builder.inputType(name, {
    fields: (t) => ({
      rewardCode: t.string({ required: true, description: 'What the fan shows.' }),
      idempotencyKey: t.string({ required: true }),
    }),
  });
const settled = (name: string) =>
  builder.objectRef<{ rewardRedemption: RewardRedemption }>(name).implement({
    fields: (t) => ({ rewardRedemption: t.expose('rewardRedemption', { type: RewardRedemptionType }) }),
  });
const HonorRewardInput = shownCode('HonorRewardInput');
const HonorRewardSuccess = settled('HonorRewardSuccess');
const ReturnRewardInput = shownCode('ReturnRewardInput');
const ReturnRewardSuccess = settled('ReturnRewardSuccess');

builder.mutationFields((t) => ({
  honorReward: t.field({
    type: HonorRewardSuccess,
    errors: {},
    description: 'For staff and tills: the reward is handed over, and its points are spent.',
    args: { input: t.arg({ type: HonorRewardInput, required: true }) },
    resolve: async (_, { input }, context) => ({ rewardRedemption: await honorReward(context, input) }),
  }),
  returnReward: t.field({
    type: ReturnRewardSuccess,
    errors: {},
    description:
      'For staff and tills: the reward is not wanted, or was brought back. Its points return whence they came.',
    args: { input: t.arg({ type: ReturnRewardInput, required: true }) },
    resolve: async (_, { input }, context) => ({ rewardRedemption: await returnReward(context, input) }),
  }),
}));
