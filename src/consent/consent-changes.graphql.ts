/** The live feed of a fan's own changes of consent, each with the cursor after it. */
import { builder } from '../graphql/builder.ts';
import { addMarks, CURSOR, MARK_NAMES } from '../graphql/stream.ts';
import { ConsentType } from './consent.graphql.ts';
import { type ConsentChanged, type ConsentChangeEvent, openConsentChanges } from './consent-changes.ts';
import { findGrants } from './grants.service.ts';

const TYPE_NAMES = { CONSENT_CHANGED: 'ConsentChanged', ...MARK_NAMES } as const;

const ConsentChangeEventType = builder.interfaceRef<ConsentChangeEvent>('ConsentChangeEvent').implement({
  description: "An event of the feed of a fan's own changes of consent.",
  resolveType: ({ kind }) => TYPE_NAMES[kind],
  fields: (t) => ({
    cursor: t.exposeString('cursor', CURSOR),
    at: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was said.',
      resolve: (_, __, { now }) => now(),
    }),
    consent: t.field({
      type: ConsentType,
      nullable: true,
      description: 'What was granted, or has ended. Null for a position and a gap.',
      resolve: () => null,
    }),
  }),
});
addMarks(ConsentChangeEventType);

const ConsentChangedType = builder.objectRef<ConsentChanged>('ConsentChanged');
builder.subjectType(ConsentChangedType, {
  description: 'Something was granted, or has ended by an act of the fan.',
  subject: ({ fanId }) => ({ fanId }),
  interfaces: [ConsentChangeEventType],
  fields: (t) => ({
    cursor: t.exposeString('cursor', { consent: null, ...CURSOR }),
    at: t.expose('at', {
      type: 'DateTime',
      nullable: true,
      consent: null,
      selfOnly: true,
      description: 'When it was granted or withdrawn.',
    }),
    consent: t.field({
      type: ConsentType,
      nullable: true,
      consent: null,
      selfOnly: true,
      description: 'As it stands when the event is delivered.',
      // One that was replaced in this very moment is told as it stood: what replaced it has an event of its own.
      resolve: async ({ fanId, grant }, _, { em }) => (await findGrants(em, fanId, [grant.id]))[0] ?? grant,
    }),
  }),
});

builder.subscriptionField('consentChanges', (t) =>
  t.field({
    type: ConsentChangeEventType,
    description: "The fan's own changes of consent, on every device. `after` resumes without loss or repetition.",
    args: { after: t.arg.string() },
    subscribe: (_, { after }, context) => openConsentChanges(context, after ?? null),
    resolve: (event) => event,
  }),
);
