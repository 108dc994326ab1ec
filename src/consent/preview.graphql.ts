/** The preview of a change of consent: fields by their schema coordinates, offers as they are. */
import type { GraphQLSchema } from 'graphql';
import { builder } from '../graphql/builder.ts';
import { gatedFields } from '../graphql/consent-plugin/index.ts';
import { requireFan } from '../identity/roles.ts';
import { OfferType } from '../offers/offers.graphql.ts';
import { ConsentScopeEnum } from './catalogue.graphql.ts';
import { type Preview, previewConsent } from './preview.service.ts';
import type { ConsentScope } from './scopes.ts';

const PreviewConsentInput = builder.inputType('PreviewConsentInput', {
  fields: (t) => ({
    grant: t.field({ type: [ConsentScopeEnum], defaultValue: [] }),
    withdraw: t.field({ type: [ConsentScopeEnum], defaultValue: [] }),
    recipientId: t.id({ description: 'A partner: what that partner would see. Absent: the operator.' }),
    gameId: t.id({ description: 'As if there. Absent: the game where the fan is.' }),
  }),
});

const fieldsOf = (schema: GraphQLSchema, scopes: readonly ConsentScope[]): string[] => {
  const fields = gatedFields(schema);
  return scopes.flatMap((scope) => fields.get(scope) ?? []).sort();
};

const ConsentPreview = builder.objectRef<Preview>('ConsentPreview').implement({
  description: 'What would change. Nothing has.',
  fields: (t) => ({
    fieldsShown: t.stringList({
      description: 'Schema coordinates of what the recipient would see and does not see now.',
      resolve: ({ scopesGained }, _, __, { schema }) => fieldsOf(schema, scopesGained),
    }),
    fieldsHidden: t.stringList({
      description: 'Schema coordinates of what the recipient sees now and would not see.',
      resolve: ({ scopesLost }, _, __, { schema }) => fieldsOf(schema, scopesLost),
    }),
    offersGained: t.expose('offersGained', {
      type: [OfferType],
      description: 'Being announced at that game, and would reach the fan.',
    }),
    offersLost: t.expose('offersLost', {
      type: [OfferType],
      description: 'Being announced at that game, and would no longer reach the fan or be shown.',
    }),
  }),
});

builder.queryField('previewConsent', (t) =>
  t.field({
    type: ConsentPreview,
    description: 'What would change if the fan switched these scopes on or off, for as long as they are.',
    args: { input: t.arg({ type: PreviewConsentInput, required: true }) },
    resolve: (_, { input }, context) =>
      previewConsent(context, requireFan(context.viewer).fanId, {
        grant: input.grant ?? [],
        withdraw: input.withdraw ?? [],
        recipientId: context.ids.keyOrNull('Partner', input.recipientId, 'input.recipientId'),
        gameId: context.ids.keyOrNull('Game', input.gameId, 'input.gameId'),
      }),
  }),
);
