/** A partner's side: campaigns and their announcements. */
import { builder } from '../graphql/builder.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { requireRole } from '../identity/roles.ts';
import { announceOffer } from './announce.service.ts';
import type { Announcement } from './announcement.entity.ts';
import type { Campaign } from './campaign.entity.ts';
import { CreateCampaignInput, needs, toCampaign } from './campaign-input.graphql.ts';
import {
  CAMPAIGN_STATUSES,
  campaignStatus,
  createCampaign,
  endCampaign,
  launchCampaign,
  pauseCampaign,
} from './campaigns.service.ts';
import { BudgetType, FunnelType, UpliftType } from './measuring/measuring.graphql.ts';
import { findBudgetUse, findFunnel, findUplift } from './measuring/measuring.service.ts';
import { AnnouncementType, OfferType } from './offers.graphql.ts';

const CampaignStatusEnum = builder.enumType('CampaignStatus', { values: CAMPAIGN_STATUSES });

export const CampaignType = builder.objectRef<Campaign>('Campaign').implement({
  description: 'Only the partner whose it is sees it.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: (campaign, _, { ids }) => ids.toGlobal('Campaign', campaign.id) }),
    name: t.exposeString('name'),
    status: t.field({
      type: CampaignStatusEnum,
      resolve: async (campaign, _, context) => campaignStatus(campaign, await context.now()),
    }),
    budget: t.field({ type: BudgetType, resolve: (campaign, _, { em }) => findBudgetUse(em, campaign) }),
    funnel: t.field({ type: FunnelType, resolve: (campaign, _, { em }) => findFunnel(em, campaign) }),
    uplift: t.field({ type: UpliftType, resolve: (campaign, _, { em }) => findUplift(em, campaign) }),
    validFrom: t.expose('validFrom', { type: 'DateTime' }),
    validUntil: t.expose('validUntil', { type: 'DateTime' }),
    offer: t.field({
      type: OfferType,
      resolve: async (campaign, _, { loaders }) => (await loaders.offerOfCampaign.load(campaign.id))!,
    }),
  }),
});

registerNode('Campaign', {
  load: ({ loaders }, key) => loaders.campaign.load(key),
  visible: ({ partnerId }, { viewer }) => viewer.role === 'PARTNER' && viewer.partnerId === partnerId,
});

const AnnounceOfferInput = builder.inputType('AnnounceOfferInput', {
  fields: (t) => ({
    campaignId: t.id({ required: true }),
    gameId: t.id({ required: true }),
    zoneIds: t.idList({ description: 'Only the fans there.', extensions: needs('PRESENCE_ZONE') }),
    idempotencyKey: t.string({ required: true }),
  }),
});
const PauseCampaignInput = builder.inputType('PauseCampaignInput', {
  fields: (t) => ({ campaignId: t.id({ required: true }), paused: t.boolean({ required: true }) }),
});
const LaunchCampaignInput = builder.inputType('LaunchCampaignInput', {
  fields: (t) => ({ campaignId: t.id({ required: true }) }),
});
const EndCampaignInput = builder.inputType('EndCampaignInput', {
  fields: (t) => ({ campaignId: t.id({ required: true }) }),
});

const campaignSuccess = (name: string) =>
  builder
    .objectRef<{ campaign: Campaign }>(name)
    .implement({ fields: (t) => ({ campaign: t.expose('campaign', { type: CampaignType }) }) });
const CreateCampaignSuccess = campaignSuccess('CreateCampaignSuccess');
const PauseCampaignSuccess = campaignSuccess('PauseCampaignSuccess');
const LaunchCampaignSuccess = campaignSuccess('LaunchCampaignSuccess');
const EndCampaignSuccess = campaignSuccess('EndCampaignSuccess');
const AnnounceOfferSuccess = builder
  .objectRef<{ announcement: Announcement }>('AnnounceOfferSuccess')
  .implement({ fields: (t) => ({ announcement: t.expose('announcement', { type: AnnouncementType }) }) });

builder.mutationFields((t) => ({
  createCampaign: t.field({
    type: CreateCampaignSuccess,
    errors: {},
    description: 'A new campaign is LIVE when its window is open, and a DRAFT until it is launched if it is to be one.',
    args: { input: t.arg({ type: CreateCampaignInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireRole(context.viewer, 'PARTNER');
      return { campaign: await createCampaign(context, toCampaign(context, input)) };
    },
  }),
  announceOffer: t.field({
    type: AnnounceOfferSuccess,
    errors: {},
    description: 'Pushes the offer to the fans who are there, consent, and have not had it.',
    args: { input: t.arg({ type: AnnounceOfferInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireRole(context.viewer, 'PARTNER');
      const announcement = await announceOffer(context, {
        campaignId: context.ids.key('Campaign', input.campaignId, 'input.campaignId'),
        gameId: context.ids.key('Game', input.gameId, 'input.gameId'),
        zoneIds: (input.zoneIds ?? []).map((id) => context.ids.key('Zone', id, 'input.zoneIds')),
        idempotencyKey: input.idempotencyKey,
      });
      return { announcement };
    },
  }),
  pauseCampaign: t.field({
    type: PauseCampaignSuccess,
    errors: {},
    args: { input: t.arg({ type: PauseCampaignInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireRole(context.viewer, 'PARTNER');
      const campaignId = context.ids.key('Campaign', input.campaignId, 'input.campaignId');
      return { campaign: await pauseCampaign(context, { campaignId, paused: input.paused }) };
    },
  }),
  launchCampaign: t.field({
    type: LaunchCampaignSuccess,
    errors: {},
    description: 'Of a draft. What was launched stays launched.',
    args: { input: t.arg({ type: LaunchCampaignInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireRole(context.viewer, 'PARTNER');
      const campaignId = context.ids.key('Campaign', input.campaignId, 'input.campaignId');
      return { campaign: await launchCampaign(context, campaignId) };
    },
  }),
  endCampaign: t.field({
    type: EndCampaignSuccess,
    errors: {},
    args: { input: t.arg({ type: EndCampaignInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireRole(context.viewer, 'PARTNER');
      const campaignId = context.ids.key('Campaign', input.campaignId, 'input.campaignId');
      return { campaign: await endCampaign(context, campaignId) };
    },
  }),
}));
