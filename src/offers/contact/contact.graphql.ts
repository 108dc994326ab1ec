/** What a fan says about being told of offers at all. */
import { builder } from '../../graphql/builder.ts';
import { requireFan } from '../../identity/roles.ts';
import { PartnerType } from '../../partners/partners.graphql.ts';
import { type ContactLimits, lessLikeThis, setContactLimits } from './contact.service.ts';

const LessOfType = builder.objectRef<ContactLimits['lessOf'][number]>('LessOf').implement({
  description: 'A sponsor of whom the fan asked for less.',
  fields: (t) => ({
    sponsor: t.field({
      type: PartnerType,
      resolve: async ({ partnerId }, _, { loaders }) => (await loaders.partner.load(partnerId))!,
    }),
    until: t.expose('until', { type: 'DateTime' }),
  }),
});

export const ContactLimitsType = builder.objectRef<ContactLimits>('ContactLimits').implement({
  description: "What holds: the tighter of the operator's limits and the fan's own, for all partners together.",
  fields: (t) => ({
    perGame: t.exposeInt('perGame', { nullable: true, description: 'Announcements at one game. Null: no limit.' }),
    perHour: t.exposeInt('perHour', { nullable: true, description: 'Announcements within an hour. Null: no limit.' }),
    quietMinutes: t.exposeInt('quietMinutes', { description: 'How long none come after one was dismissed.' }),
    pausedUntil: t.expose('pausedUntil', { type: 'DateTime', nullable: true, description: 'None come until then.' }),
    lessOf: t.expose('lessOf', { type: [LessOfType] }),
  }),
});

const SetContactLimitsInput = builder.inputType('SetContactLimitsInput', {
  description: "What is left out stays as it is; null takes the fan's own limit back.",
  fields: (t) => ({
    perGame: t.int(),
    perHour: t.int(),
    quietMinutes: t.int({ description: 'Counts while HISTORY_ENGAGEMENT lets a dismissal be kept.' }),
    pausedUntil: t.field({ type: 'DateTime' }),
  }),
});
const LessLikeThisInput = builder.inputType('LessLikeThisInput', {
  fields: (t) => ({
    offerId: t.id({ required: true }),
    less: t.boolean({ defaultValue: true, description: 'False takes it back.' }),
  }),
});

const limitsSuccess = (name: string) =>
  builder
    .objectRef<{ limits: ContactLimits }>(name)
    .implement({ fields: (t) => ({ limits: t.expose('limits', { type: ContactLimitsType }) }) });
const SetContactLimitsSuccess = limitsSuccess('SetContactLimitsSuccess');
const LessLikeThisSuccess = limitsSuccess('LessLikeThisSuccess');

builder.mutationFields((t) => ({
  setContactLimits: t.field({
    type: SetContactLimitsSuccess,
    errors: {},
    description:
      "Tightens for oneself how often offers come. What is looser than the operator's limits changes nothing.",
    args: { input: t.arg({ type: SetContactLimitsInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireFan(context.viewer);
      return { limits: await setContactLimits(context, { ...input }) };
    },
  }),
  lessLikeThis: t.field({
    type: LessLikeThisSuccess,
    errors: {},
    description:
      'For a while nothing of the sponsor of this offer. It is an objection, and needs no consent to be kept.',
    args: { input: t.arg({ type: LessLikeThisInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireFan(context.viewer);
      const offerId = context.ids.key('Offer', input.offerId, 'input.offerId');
      return { limits: await lessLikeThis(context, { offerId, less: input.less ?? true }) };
    },
  }),
}));
