/** Staff's side of claims: honouring a code, and taking that back. */
import { builder } from '../../graphql/builder.ts';
import { Node, registerNode } from '../../graphql/node.ts';
import { requireRole } from '../../identity/roles.ts';
import { AmountInput } from '../campaign-input.graphql.ts';
import { OfferType } from '../offers.graphql.ts';
import { redeemClaim, rollBackRedemption } from './redeeming.service.ts';
import { REDEMPTION_STATUSES, type Redemption, Redemption as RedemptionEntity } from './redemption.entity.ts';

const RedemptionStatusEnum = builder.enumType('RedemptionStatus', { values: REDEMPTION_STATUSES });
export const Money = builder.objectRef<{ amount: number; currency: string }>('Money').implement({
  fields: (t) => ({
    amount: t.exposeInt('amount', { description: 'In minor units.' }),
    currency: t.exposeString('currency', { description: 'ISO 4217.' }),
  }),
});

const RedemptionType = builder.objectRef<Redemption>('Redemption').implement({
  description: 'An offer honoured at a venue. It names no fan; staff of that venue see it.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: (redemption, _, { ids }) => ids.toGlobal('Redemption', redemption.id) }),
    at: t.expose('at', { type: 'DateTime', description: 'When the code was scanned.' }),
    status: t.field({
      type: RedemptionStatusEnum,
      resolve: ({ rolledBackAt }) => (rolledBackAt ? 'ROLLED_BACK' : 'REDEEMED'),
    }),
    offer: t.field({
      type: OfferType,
      resolve: async (redemption, _, { loaders }) => (await loaders.offer.load(redemption.offerId))!,
    }),
    discount: t.field({
      type: Money,
      nullable: true,
      description: 'What comes off the order. Null for points, and for a percentage where no order was named.',
      resolve: ({ discount, currency }) => (discount && currency ? { amount: Number(discount), currency } : null),
    }),
    pointsEarned: t.exposeInt('points', {
      description: 'None without the consent of the fan to LOYALTY and HISTORY_PURCHASE.',
    }),
  }),
});

registerNode('Redemption', {
  load: ({ em }, key) => em.findOne(RedemptionEntity, { id: key }),
  visible: ({ venueId }, { viewer }) => viewer.role === 'STAFF' && viewer.venueIds.includes(venueId),
});

const RedeemClaimInput = builder.inputType('RedeemClaimInput', {
  fields: (t) => ({
    code: t.string({ required: true, description: 'As typed or scanned.' }),
    idempotencyKey: t.string({ required: true }),
    orderTotal: t.field({
      type: AmountInput,
      description: 'What the discount is taken off. Not kept. Needed for a percentage that a budget in money pays.',
    }),
    orderId: t.string({
      description: "The till's own number of the order. Needed for an offer of a group of which an order takes one.",
    }),
    at: t.field({
      type: 'DateTime',
      description: 'For a scan made offline: when, within the last 24 hours. The claim is judged as it stood then.',
    }),
  }),
});
const RollbackRedemptionInput = builder.inputType('RollbackRedemptionInput', {
  fields: (t) => ({ redemptionId: t.id({ required: true }), idempotencyKey: t.string({ required: true }) }),
});

const redemptionSuccess = (name: string) =>
  builder
    .objectRef<{ redemption: Redemption }>(name)
    .implement({ fields: (t) => ({ redemption: t.expose('redemption', { type: RedemptionType }) }) });
const RedeemClaimSuccess = redemptionSuccess('RedeemClaimSuccess');
const RollbackRedemptionSuccess = redemptionSuccess('RollbackRedemptionSuccess');

builder.mutationFields((t) => ({
  redeemClaim: t.field({
    type: RedeemClaimSuccess,
    errors: {},
    description:
      'Honours a claim of this venue, once. A wrong code and one of another venue are both not found. The same key answers with the same redemption.',
    args: { input: t.arg({ type: RedeemClaimInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireRole(context.viewer, 'STAFF');
      const { orderTotal, at, orderId } = input;
      const scan = { ...input, orderTotal: orderTotal ?? null, at: at ?? null, orderId: orderId ?? null };
      return { redemption: await redeemClaim(context, scan) };
    },
  }),
  rollbackRedemption: t.field({
    type: RollbackRedemptionSuccess,
    errors: {},
    description:
      'Takes a redemption of this venue back, once: money and points return, and the claim may be redeemed again while its hold lasts.',
    args: { input: t.arg({ type: RollbackRedemptionInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireRole(context.viewer, 'STAFF');
      const redemptionId = context.ids.key('Redemption', input.redemptionId, 'input.redemptionId');
      return { redemption: await rollBackRedemption(context, { ...input, redemptionId }) };
    },
  }),
}));
