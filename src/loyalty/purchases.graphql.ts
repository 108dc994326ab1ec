/** What tills tell: purchases and refunds. A purchase's own fields are open; the path that reaches it is gated. */
import { builder } from '../graphql/builder.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { VenueType } from '../venues/venues.graphql.ts';
import { type Purchase, Purchase as PurchaseEntity, type PurchaseRefund } from './purchase.entity.ts';
import { findRefunds, type Recorded, recordPurchase, refundPurchase } from './purchases.service.ts';

export const PurchaseType = builder.objectRef<Purchase>('Purchase');
const PurchaseRefundType = builder.objectRef<PurchaseRefund>('PurchaseRefund');

builder.subjectType(PurchaseType, {
  description: 'What a fan bought, all of one order. Amounts are in minor units of its currency.',
  subject: ({ fanId }) => ({ fanId }),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ consent: null, resolve: ({ id }, _, { ids }) => ids.toGlobal('Purchase', id) }),
    at: t.expose('at', { type: 'DateTime', consent: null }),
    total: t.exposeInt('total', { consent: null }),
    currency: t.exposeString('currency', { consent: null }),
    venue: t.field({
      type: VenueType,
      consent: null,
      resolve: async ({ venueId }, _, { loaders }) => (await loaders.venue.load(venueId))!,
    }),
    refunds: t.field({
      type: [PurchaseRefundType],
      consent: null,
      resolve: ({ id }, _, { em }) => findRefunds(em, id),
    }),
  }),
});

/** It is reached by the till's mutation too, which needs no consent: so each of its fields has a gate of its own. */
builder.subjectType(PurchaseRefundType, {
  description: 'What was refunded of a purchase, and the points that went with it.',
  subject: ({ fanId }) => ({ fanId }),
  fields: (t) => ({
    at: t.expose('at', {
      type: 'DateTime',
      nullable: true,
      consent: 'HISTORY_PURCHASE',
      description: 'When you gave something back.',
    }),
    amount: t.exposeInt('amount', {
      nullable: true,
      consent: 'HISTORY_PURCHASE',
      description: 'How much was refunded to you.',
    }),
    pointsTaken: t.exposeInt('pointsTaken', {
      nullable: true,
      consent: 'LOYALTY',
      description: 'The points that went with it. The policy of the program may leave some that were spent already.',
    }),
  }),
});

registerNode('Purchase', {
  load: ({ em }, key) => em.findOne(PurchaseEntity, { id: key }),
  gate: async ({ fanId }) => ({ subject: { fanId }, anyOf: ['HISTORY_PURCHASE'] }),
});

const RecordPurchaseInput = builder.inputType('RecordPurchaseInput', {
  fields: (t) => ({
    fanCode: t.string({ required: true, description: 'What the fan shows: their memberCode.' }),
    venueId: t.id({ description: "Absent: the till's own." }),
    total: t.int({ required: true, description: 'In minor units.' }),
    currency: t.string({ required: true, description: 'ISO 4217.' }),
    at: t.field({
      type: 'DateTime',
      description: 'Within the last seven days, and under the consent of then and of now. Absent: now.',
    }),
    idempotencyKey: t.string({ required: true }),
  }),
});
const RecordPurchaseSuccess = builder.objectRef<Recorded>('RecordPurchaseSuccess').implement({
  fields: (t) => ({
    purchase: t.expose('purchase', { type: PurchaseType }),
    pointsEarned: t.exposeInt('pointsEarned', { description: 'Pending ones too.' }),
  }),
});

const RefundPurchaseInput = builder.inputType('RefundPurchaseInput', {
  fields: (t) => ({
    purchaseId: t.id({ required: true }),
    amount: t.int({ description: 'In minor units. Absent: all that is left.' }),
    idempotencyKey: t.string({ required: true }),
  }),
});
const RefundPurchaseSuccess = builder
  .objectRef<{ refund: PurchaseRefund }>('RefundPurchaseSuccess')
  .implement({ fields: (t) => ({ refund: t.expose('refund', { type: PurchaseRefundType }) }) });

builder.mutationFields((t) => ({
  recordPurchase: t.field({
    type: RecordPurchaseSuccess,
    errors: {},
    description: 'For staff and tills. Stored only under HISTORY_PURCHASE; earns points under LOYALTY.',
    args: { input: t.arg({ type: RecordPurchaseInput, required: true }) },
    resolve: (_, { input }, context) =>
      recordPurchase(context, {
        ...input,
        venueId: context.ids.keyOrNull('Venue', input.venueId, 'input.venueId'),
        at: input.at ?? null,
      }),
  }),
  refundPurchase: t.field({
    type: RefundPurchaseSuccess,
    errors: {},
    description: 'For staff and tills. Takes back what the purchase earned, in proportion, once.',
    args: { input: t.arg({ type: RefundPurchaseInput, required: true }) },
    resolve: async (_, { input }, context) => {
      const purchaseId = context.ids.key('Purchase', input.purchaseId, 'input.purchaseId');
      return { refund: await refundPurchase(context, { ...input, purchaseId, amount: input.amount ?? null }) };
    },
  }),
}));
