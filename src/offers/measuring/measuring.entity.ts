/** Who was held out of a campaign, and its numbers as they were counted last. */
import { defineEntity, p } from '@mikro-orm/core';
import { createdAt, instant } from '../../db/columns.ts';
import { Fan } from '../../fans/fan.entity.ts';
import { Campaign } from '../campaign.entity.ts';

export const Holdout = defineEntity({
  name: 'Holdout',
  tableName: 'holdout',
  indexes: [{ properties: ['fanId'] }],
  properties: {
    // Never deleted, and locked when it is written for: no key to look up.
    campaignId: p.bigint('string').primary().autoincrement(false),
    fanId: () =>
      p.manyToOne(Fan).mapToPk().primary().joinColumn('fan_id').deleteRule('cascade').updateRule('no action'),
    at: createdAt(),
  },
});

const campaignKey = () =>
  p.manyToOne(Campaign).mapToPk().primary().joinColumn('campaign_id').deleteRule('no action').updateRule('no action');

export const CampaignFunnel = defineEntity({
  name: 'CampaignFunnel',
  tableName: 'campaign_funnel',
  properties: {
    campaignId: campaignKey,
    countedAt: instant(),
    settled: p.boolean(),
    announced: p.integer(),
    viewed: p.integer(),
    clicked: p.integer(),
    claimed: p.integer(),
    redeemed: p.integer(),
    claimsUsed: p.integer(),
    moneyUsed: p.bigint('string'),
  },
});

export const UpliftResult = defineEntity({
  name: 'UpliftResult',
  tableName: 'campaign_uplift_result',
  properties: {
    campaignId: campaignKey,
    countedAt: instant(),
    told: p.integer(),
    toldBuying: p.integer(),
    heldOut: p.integer(),
    heldOutBuying: p.integer(),
  },
});
