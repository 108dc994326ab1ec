/** What fans do with offers, as they say it. */
import { builder } from '../graphql/builder.ts';
import { requireFan } from '../identity/roles.ts';
import { ENGAGEMENT_KINDS } from './engagement.entity.ts';
import { recordEngagement } from './engagement.service.ts';

const EngagementKindEnum = builder.enumType('EngagementKind', { values: ENGAGEMENT_KINDS });

const RecordEngagementInput = builder.inputType('RecordEngagementInput', {
  fields: (t) => ({
    offerId: t.id({ required: true, description: 'One that was announced to this fan.' }),
    kind: t.field({ type: EngagementKindEnum, required: true }),
    at: t.field({ type: 'DateTime', description: 'Between the announcement and now; now, where it is left out.' }),
  }),
});
const RecordEngagementSuccess = builder.objectRef<{ recorded: boolean }>('RecordEngagementSuccess').implement({
  fields: (t) => ({
    recorded: t.exposeBoolean('recorded', {
      description: 'False without HISTORY_ENGAGEMENT: then nothing of it is kept.',
    }),
  }),
});

builder.mutationField('recordEngagement', (t) =>
  t.field({
    type: RecordEngagementSuccess,
    errors: {},
    description: 'The first of a kind counts; saying it again is safe. A dismissal is told to no partner.',
    args: { input: t.arg({ type: RecordEngagementInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireFan(context.viewer);
      const offerId = context.ids.key('Offer', input.offerId, 'input.offerId');
      return { recorded: await recordEngagement(context, { offerId, kind: input.kind, at: input.at ?? null }) };
    },
  }),
);
