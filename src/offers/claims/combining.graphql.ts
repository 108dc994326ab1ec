/** A till's question before it redeems: which of these claims does the order take? */
import { builder } from '../../graphql/builder.ts';
import { AmountInput, StackingModeEnum } from '../campaign-input.graphql.ts';
import { OfferType } from '../offers.graphql.ts';
import { type Combined, combineClaims } from './combining.service.ts';
import { Money } from './redemptions.graphql.ts';

const CombinedClaim = builder.objectRef<Combined>('CombinedClaim').implement({
  description: 'One claim on an order with others. It names no fan.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'As it was asked for.' }),
    offer: t.field({
      type: OfferType,
      resolve: async ({ offerId }, _, { loaders }) => (await loaders.offer.load(offerId))!,
    }),
    applies: t.exposeBoolean('applies', { description: 'Whether the order takes it: redeem these.' }),
    discount: t.expose('discount', {
      type: Money,
      description: 'What it takes off the order, applied or not. Nothing for points.',
    }),
    mode: t.expose('mode', {
      type: StackingModeEnum,
      nullable: true,
      description: 'Of its group. Null: it is of none, and always applies.',
    }),
  }),
});

builder.queryField('combineClaims', (t) =>
  t.field({
    type: [CombinedClaim],
    nullable: true,
    description:
      'For staff: which of these claims an order takes, in their order. Nothing is redeemed. Null, with an error, where it is refused.',
    args: {
      codes: t.arg.stringList({ required: true, description: 'At most 20, each once.' }),
      orderTotal: t.arg({ type: AmountInput, required: true }),
    },
    resolve: (_, { codes, orderTotal }, context) => combineClaims(context, { codes, orderTotal }),
  }),
);
