/** A rehearsal: what announcing would come to, and nothing is sent. */
import { builder } from '../graphql/builder.ts';
import { requireRole } from '../identity/roles.ts';
import { EFFECT_KINDS, type Effect, type Rehearsal, type Skipped } from './dry-run.entity.ts';
import { dryRunCampaign } from './dry-run.service.ts';
import { WhyNotCodeEnum } from './why-not.graphql.ts';

const BUCKET = 'Rounded down to tens. Null: fewer than 20, or nobody.';

const EffectKindEnum = builder.enumType('EffectKind', { values: EFFECT_KINDS });
const EffectType = builder.objectRef<Effect>('Effect').implement({
  fields: (t) => ({ kind: t.expose('kind', { type: EffectKindEnum }), text: t.exposeString('text') }),
});
const SkippedType = builder.objectRef<Skipped>('Skipped').implement({
  description:
    'Fans who would be skipped, each counted under one code, where they are 20 or more; or why all would be, with null.',
  fields: (t) => ({
    code: t.expose('code', { type: WhyNotCodeEnum }),
    bucket: t.exposeInt('bucket', { nullable: true, description: 'Rounded down to tens. Null: everybody.' }),
  }),
});
const DryRunCampaignSuccess = builder.objectRef<Rehearsal>('DryRunCampaignSuccess').implement({
  fields: (t) => ({
    audienceBucket: t.exposeInt('audienceBucket', { nullable: true, description: BUCKET }),
    suppressed: t.boolean({
      description: 'True: the audience is below the minimum, and no number is told.',
      resolve: ({ audienceBucket }) => audienceBucket === null,
    }),
    effects: t.expose('effects', { type: [EffectType] }),
    skipped: t.expose('skipped', { type: [SkippedType] }),
  }),
});
const DryRunCampaignInput = builder.inputType('DryRunCampaignInput', {
  fields: (t) => ({
    campaignId: t.id({ required: true }),
    gameId: t.id({ required: true }),
    at: t.field({ type: 'DateTime', description: 'Now or later; now, where it is left out.' }),
  }),
});

builder.mutationField('dryRunCampaign', (t) =>
  t.field({
    type: DryRunCampaignSuccess,
    errors: {},
    description: 'What announcing the campaign at that instant would come to, by the same rule. Nothing is sent.',
    args: { input: t.arg({ type: DryRunCampaignInput, required: true }) },
    resolve: (_, { input }, context) => {
      requireRole(context.viewer, 'PARTNER');
      return dryRunCampaign(context, {
        campaignId: context.ids.key('Campaign', input.campaignId, 'input.campaignId'),
        gameId: context.ids.key('Game', input.gameId, 'input.gameId'),
        at: input.at ?? null,
      });
    },
  }),
);
