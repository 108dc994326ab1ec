/** One opening of a campaign with hours, by the clock of the venue where it is announced. Written when it is made. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { id } from '../db/columns.ts';
import { Campaign } from './campaign.entity.ts';

export const CampaignOpening = defineEntity({
  name: 'CampaignOpening',
  tableName: 'campaign_opening',
  indexes: [{ properties: ['campaignId', 'opens'] }],
  checks: [{ name: 'campaign_opening_order_check', expression: 'closes > opens' }],
  properties: {
    id: id(),
    campaignId: () =>
      p.manyToOne(Campaign).mapToPk().joinColumn('campaign_id').deleteRule('cascade').updateRule('no action'),
    /** Local, without a zone. */
    opens: p.string().columnType('timestamp(0)'),
    closes: p.string().columnType('timestamp(0)'),
  },
});
export type CampaignOpening = InferEntity<typeof CampaignOpening>;
