/** Offers and announcements as everyone sees them; what is personal about them is on the stream's events. */
import { ConsentScopeEnum } from '../consent/catalogue.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { shared } from '../graphql/shared.ts';
import { PartnerType } from '../partners/partners.graphql.ts';
import { type Announcement, REASON_KINDS, type Reason } from './announcement.entity.ts';
import type { Discount, Offer } from './campaign.entity.ts';

const PercentOff = builder
  .objectRef<Extract<Discount, { kind: 'PERCENT' }>>('PercentOff')
  .implement({ extensions: shared(), fields: (t) => ({ percent: t.exposeInt('percent') }) });
const AmountOff = builder.objectRef<Extract<Discount, { kind: 'AMOUNT' }>>('AmountOff').implement({
  extensions: shared(),
  fields: (t) => ({
    amount: t.exposeInt('amount', { description: 'In minor units.' }),
    currency: t.exposeString('currency', { description: 'ISO 4217.' }),
  }),
});
const PointsBonus = builder
  .objectRef<Extract<Discount, { kind: 'POINTS' }>>('PointsBonus')
  .implement({ extensions: shared(), fields: (t) => ({ points: t.exposeInt('points') }) });
const DiscountType = builder.unionType('Discount', {
  types: [PercentOff, AmountOff, PointsBonus],
  resolveType: ({ kind }) => ({ PERCENT: PercentOff, AMOUNT: AmountOff, POINTS: PointsBonus })[kind],
});

const ReasonKindEnum = builder.enumType('ReasonKind', { values: REASON_KINDS });
export const ReasonType = builder.objectRef<Reason>('Reason').implement({
  description: 'Why this audience, from the rules of the campaign: the same for everyone in it.',
  extensions: shared(),
  fields: (t) => ({
    kind: t.expose('kind', { type: ReasonKindEnum }),
    text: t.exposeString('text', { description: 'The rule, with what it looked at.' }),
    scope: t.expose('scope', { type: ConsentScopeEnum, description: 'Under which that could be looked at.' }),
  }),
});

export const OfferType = builder.objectRef<Offer>('Offer').implement({
  extensions: shared(),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: (offer, _, { ids }) => ids.toGlobal('Offer', offer.id) }),
    title: t.exposeString('title'),
    body: t.exposeString('body'),
    imageUrl: t.exposeString('imageUrl', { nullable: true }),
    discount: t.expose('discount', { type: DiscountType }),
    sponsor: t.field({
      type: PartnerType,
      resolve: async (offer, _, { loaders }) => {
        const campaign = await loaders.campaign.load(offer.campaignId);
        return (await loaders.partner.load(campaign!.partnerId))!;
      },
    }),
    validUntil: t.field({
      type: 'DateTime',
      resolve: async (offer, _, { loaders }) => (await loaders.campaign.load(offer.campaignId))!.validUntil,
    }),
  }),
});

export const AnnouncementType = builder.objectRef<Announcement>('Announcement').implement({
  description: 'One push of an offer to the audience of a moment.',
  extensions: shared(),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: (announcement, _, { ids }) => ids.toGlobal('Announcement', announcement.id) }),
    at: t.expose('at', { type: 'DateTime' }),
    offer: t.field({
      type: OfferType,
      resolve: async (announcement, _, { loaders }) => (await loaders.offer.load(announcement.offerId))!,
    }),
  }),
});

registerNode('Offer', { load: ({ loaders }, key) => loaders.offer.load(key) });
registerNode('Announcement', { load: ({ loaders }, key) => loaders.announcement.load(key) });
