/** Why a fan was not announced an offer. */
import { ConsentScopeEnum } from '../consent/catalogue.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { WHY_NOT_CODES, type WhyNotReason } from './skips.ts';
import { type WhyNot, whyNot } from './why-not.service.ts';

export const WhyNotCodeEnum = builder.enumType('WhyNotCode', { values: WHY_NOT_CODES });
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
