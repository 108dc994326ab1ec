/** A partner's side: campaigns and their announcements. */
import type { ConsentScope } from '../consent/index.ts';
import type { Context } from '../context.ts';
import { builder } from '../graphql/builder.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { requireRole } from '../identity/roles.ts';
import { announceOffer } from './announce.service.ts';
import type { Announcement } from './announcement.entity.ts';
import type { Campaign, Discount } from './campaign.entity.ts';
import { CAMPAIGN_STATUSES, campaignStatus, createCampaign, endCampaign, pauseCampaign } from './campaigns.service.ts';
import { LIMIT_KEYS, LIMIT_PERIODS, LIMITED_ACTIONS } from './claims/claim.entity.ts';
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

/** What chooses fans by gated data names the scopes that each of them has to hold. */
const needs = (...consent: ConsentScope[]) => ({ consent });

export const AmountInput = builder.inputType('AmountInput', {
  fields: (t) => ({
    amount: t.int({ required: true, description: 'In minor units.' }),
    currency: t.string({ required: true, description: 'ISO 4217.' }),
  }),
});
const DiscountInput = builder.inputType('DiscountInput', {
  isOneOf: true,
  fields: (t) => ({ percentOff: t.int(), amountOff: t.field({ type: AmountInput }), pointsBonus: t.int() }),
});
const OfferInput = builder.inputType('OfferInput', {
  fields: (t) => ({
    title: t.string({ required: true }),
    body: t.string({ required: true }),
    imageUrl: t.string(),
    discount: t.field({ type: DiscountInput, required: true }),
  }),
});
const SegmentInput = builder.inputType('SegmentInput', {
  description: 'Needs PROFILE_PREFERENCES and PERSONALIZATION of each fan.',
  fields: (t) => ({
    favoriteTeamIds: t.idList({ required: true, extensions: needs('PROFILE_PREFERENCES', 'PERSONALIZATION') }),
  }),
});
const LimitedActionEnum = builder.enumType('LimitedAction', { values: LIMITED_ACTIONS });
const LimitPeriodEnum = builder.enumType('LimitPeriod', { values: LIMIT_PERIODS });
const LimitKeyEnum = builder.enumType('LimitKey', { values: LIMIT_KEYS });
const ClaimLimitInput = builder.inputType('ClaimLimitInput', {
  description: 'How often something may be done in a period of the calendar of the venue.',
  fields: (t) => ({
    action: t.field({ type: LimitedActionEnum, required: true }),
    period: t.field({ type: LimitPeriodEnum, required: true }),
    per: t.field({
      type: [LimitKeyEnum],
      required: true,
      description: 'What is counted apart. With PARTNER all campaigns of the partner count together.',
    }),
    atMost: t.int({ required: true }),
  }),
});
const BudgetInput = builder.inputType('BudgetInput', {
  fields: (t) => ({ claims: t.int(), spend: t.field({ type: AmountInput }) }),
});
const CreateCampaignInput = builder.inputType('CreateCampaignInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    venueIds: t.idList(),
    zoneIds: t.idList({ extensions: needs('PRESENCE_ZONE') }),
    segment: t.field({ type: SegmentInput }),
    offer: t.field({ type: OfferInput, required: true }),
    budget: t.field({ type: BudgetInput, required: true }),
    capPerFan: t.int({ required: true }),
    holdMinutes: t.int({ description: 'How long a claim is held before it expires; a day, where it is left out.' }),
    limits: t.field({ type: [ClaimLimitInput], description: 'Beside the budget and the cap per fan.' }),
    validFrom: t.field({ type: 'DateTime', required: true }),
    validUntil: t.field({ type: 'DateTime', required: true }),
    priority: t.int({ defaultValue: 0 }),
    holdoutPercent: t.int({ defaultValue: 0, description: 'Of the audience, kept from seeing it, chosen at random.' }),
    idempotencyKey: t.string(),
  }),
});

function toDiscount(input: typeof DiscountInput.$inferInput): Discount {
  if (input.percentOff != null) return { kind: 'PERCENT', percent: input.percentOff };
  if (input.amountOff != null) return { kind: 'AMOUNT', ...input.amountOff };
  return { kind: 'POINTS', points: input.pointsBonus! };
}

function toCampaign({ ids }: Context, input: typeof CreateCampaignInput.$inferInput) {
  const { venueIds, zoneIds, segment, offer, budget, holdMinutes, limits, ...rest } = input;
  const teams = segment?.favoriteTeamIds ?? [];
  return {
    ...rest,
    rules: {
      venueIds: (venueIds ?? []).map((id) => ids.key('Venue', id, 'input.venueIds')),
      zoneIds: (zoneIds ?? []).map((id) => ids.key('Zone', id, 'input.zoneIds')),
      favoriteTeamIds: teams.map((id) => ids.key('Team', id, 'input.segment.favoriteTeamIds')),
    },
    offer: { ...offer, imageUrl: offer.imageUrl ?? null, discount: toDiscount(offer.discount) },
    budget: { claims: budget.claims ?? undefined, spend: budget.spend ?? undefined },
    priority: rest.priority ?? 0,
    holdoutPercent: rest.holdoutPercent ?? 0,
    terms: { holdMinutes: holdMinutes ?? undefined, limits: limits ?? undefined },
    idempotencyKey: rest.idempotencyKey ?? null,
  };
}

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
const EndCampaignInput = builder.inputType('EndCampaignInput', {
  fields: (t) => ({ campaignId: t.id({ required: true }) }),
});

const campaignSuccess = (name: string) =>
  builder
    .objectRef<{ campaign: Campaign }>(name)
    .implement({ fields: (t) => ({ campaign: t.expose('campaign', { type: CampaignType }) }) });
const CreateCampaignSuccess = campaignSuccess('CreateCampaignSuccess');
const PauseCampaignSuccess = campaignSuccess('PauseCampaignSuccess');
const EndCampaignSuccess = campaignSuccess('EndCampaignSuccess');
const AnnounceOfferSuccess = builder
  .objectRef<{ announcement: Announcement }>('AnnounceOfferSuccess')
  .implement({ fields: (t) => ({ announcement: t.expose('announcement', { type: AnnouncementType }) }) });

builder.mutationFields((t) => ({
  createCampaign: t.field({
    type: CreateCampaignSuccess,
    errors: {},
    description: 'A new campaign is LIVE when its window is open.',
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
