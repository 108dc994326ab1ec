/** What a fan was announced, and why. */
import { builder } from '../graphql/builder.ts';
import { Node, registerNode } from '../graphql/node.ts';
import type { Delivery } from './announcement.entity.ts';
import { type CampaignStatus, campaignStatus } from './campaigns.service.ts';
import { findDelivery } from './my-offers.ts';
import { AnnouncementType, OfferType, ReasonType } from './offers.graphql.ts';

const OFFER_STATUSES = ['OPEN', 'PAUSED', 'ENDED'] as const;
type OfferStatus = (typeof OFFER_STATUSES)[number];
const OfferStatusEnum = builder.enumType('OfferStatus', { values: OFFER_STATUSES });
const STATUS: Readonly<Record<CampaignStatus, OfferStatus>> = {
  DRAFT: 'PAUSED',
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
