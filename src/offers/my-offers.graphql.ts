/** What a fan was announced, and why; and why they were not announced something else. */
import { ConsentScopeEnum } from '../consent/catalogue.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { Node, registerNode } from '../graphql/node.ts';
import type { Delivery } from './announcement.entity.ts';
import { type CampaignStatus, campaignStatus } from './campaigns.service.ts';
import { findDelivery } from './my-offers.ts';
import { AnnouncementType, OfferType, ReasonType } from './offers.graphql.ts';
import { WHY_NOT_CODES, type WhyNotReason } from './skips.ts';
import { type WhyNot, whyNot } from './why-not.service.ts';

const OFFER_STATUSES = ['OPEN', 'PAUSED', 'ENDED'] as const;
type OfferStatus = (typeof OFFER_STATUSES)[number];
const OfferStatusEnum = builder.enumType('OfferStatus', { values: OFFER_STATUSES });
const STATUS: Readonly<Record<CampaignStatus, OfferStatus>> = {
  SCHEDULED: 'PAUSED',
  LIVE: 'OPEN',
  PAUSED: 'PAUSED',
  ENDED: 'ENDED',
};

export const DeliveryType = builder.objectRef<Delivery>('Delivery');
builder.subjectType(DeliveryType, {
  description: 'One offer that one fan was announced. The path that reaches it is gated by OFFERS_LIVE.',
  subject: ({ fanId }) => ({ fanId }),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ consent: null, resolve: ({ id }, _, { ids }) => ids.toGlobal('Delivery', id) }),
    announcedAt: t.field({
      type: 'DateTime',
      consent: null,
      resolve: async ({ announcementId }, _, { loaders }) => (await loaders.announcement.load(announcementId))!.at,
    }),
    status: t.field({
      type: OfferStatusEnum,
      consent: null,
      description: 'Whether the offer is still to be had.',
      resolve: async ({ offerId }, _, context) => {
        const offer = await context.loaders.offer.load(offerId);
        const campaign = await context.loaders.campaign.load(offer!.campaignId);
        return STATUS[campaignStatus(campaign!, await context.now())];
      },
    }),
    announcement: t.field({
      type: AnnouncementType,
      consent: null,
      resolve: async ({ announcementId }, _, { loaders }) => (await loaders.announcement.load(announcementId))!,
    }),
    offer: t.field({
      type: OfferType,
      consent: null,
      resolve: async ({ offerId }, _, { loaders }) => (await loaders.offer.load(offerId))!,
    }),
    because: t.field({
      type: [ReasonType],
      nullable: true,
      consent: null,
      selfOnly: true,
      description:
        'Why the fan was chosen: each rule, what it looked at, and the scope that allowed it. To the fan alone.',
      resolve: async ({ announcementId }, _, { loaders }) => (await loaders.announcement.load(announcementId))!.reasons,
    }),
  }),
});

registerNode('Delivery', {
  load: findDelivery,
  gate: async ({ fanId }) => ({ subject: { fanId }, anyOf: ['OFFERS_LIVE'] }),
});

const WhyNotCodeEnum = builder.enumType('WhyNotCode', { values: WHY_NOT_CODES });
const WhyNotReasonType = builder.objectRef<WhyNotReason>('WhyNotReason').implement({
  fields: (t) => ({
    code: t.expose('code', { type: WhyNotCodeEnum }),
    text: t.exposeString('text', { description: 'In words for the fan.' }),
    scope: t.expose('scope', {
      type: ConsentScopeEnum,
      nullable: true,
      description: 'The scope that is off, or under which what was looked at is known.',
    }),
  }),
});
const WhyNotType = builder.objectRef<WhyNot>('WhyNot').implement({
  description: 'What announcing the offer now would find in the way of this fan.',
  fields: (t) => ({
    eligible: t.exposeBoolean('eligible', { description: 'Whether an announcement now would reach the fan.' }),
    reasons: t.expose('reasons', { type: [WhyNotReasonType] }),
  }),
});

builder.queryField('whyNot', (t) =>
  t.field({
    type: WhyNotType,
    description: 'Why the fan who asks does not get an offer, by the rule that announcing itself goes by.',
    args: { offerId: t.arg.id({ required: true }) },
    resolve: (_, { offerId }, context) => whyNot(context, context.ids.key('Offer', offerId, 'offerId')),
  }),
);
