/**
 * One fan of a campaign's explicit audience. Stored under OFFERS_LIVE; it goes with the fan, and when they erase what
 * that scope had collected.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt } from '../db/columns.ts';
import { Fan } from '../fans/fan.entity.ts';
import { Campaign } from './campaign.entity.ts';

export const CampaignTarget = defineEntity({
  name: 'CampaignTarget',
  tableName: 'campaign_target',
  indexes: [{ properties: ['fanId'] }],
  properties: {
    campaignId: () =>
      p.manyToOne(Campaign).mapToPk().joinColumn('campaign_id').primary().deleteRule('cascade').updateRule('no action'),
    fanId: () =>
      p.manyToOne(Fan).mapToPk().joinColumn('fan_id').primary().deleteRule('cascade').updateRule('no action'),
    at: createdAt(),
  },
});
export type CampaignTarget = InferEntity<typeof CampaignTarget>;
