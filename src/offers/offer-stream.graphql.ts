/** The events of a partner's live feed, each with the cursor after it. */
import { FanType } from '../fans/fans.graphql.ts';
import { asCaptured, Fan } from '../fans/index.ts';
import { builder } from '../graphql/builder.ts';
import { addMarks, CURSOR, MARK_NAMES } from '../graphql/stream.ts';
import { ACTIVITY_KINDS } from './activity.ts';
import { CampaignType } from './campaigns.graphql.ts';
import { type OfferActivity, type OfferStreamEvent, openOfferStream } from './offer-stream.ts';

const TYPE_NAMES = { ACTIVITY: 'OfferActivity', ...MARK_NAMES } as const;

const OfferStreamEventType = builder.interfaceRef<OfferStreamEvent>('OfferStreamEvent').implement({
  description: "An event of a partner's live feed.",
  resolveType: ({ kind }) => TYPE_NAMES[kind],
  fields: (t) => ({
    cursor: t.exposeString('cursor', CURSOR),
  }),
});
addMarks(OfferStreamEventType);

const OfferActivityKindEnum = builder.enumType('OfferActivityKind', { values: ACTIVITY_KINDS });

const OfferActivityType = builder.objectRef<OfferActivity>('OfferActivity');
builder.subjectType(OfferActivityType, {
  description:
    'What became of an offer with one fan. Not sent at all unless the fan shares PRESENCE_VENUE with the partner.',
  subject: (event) => event.gate.subject,
  interfaces: [OfferStreamEventType],
  fields: (t) => ({
    cursor: t.exposeString('cursor', { consent: null }),
    at: t.expose('at', { type: 'DateTime', consent: null }),
    kind: t.expose('activity', { type: OfferActivityKindEnum, consent: null }),
    campaign: t.field({
      type: CampaignType,
      consent: null,
      resolve: async (event, _, { loaders }) => (await loaders.campaign.load(event.campaignId))!,
    }),
    fan: t.field({
      type: FanType,
      consent: null,
      description: 'Under the id that this partner knows. Each field needs its own scope, unbroken since it happened.',
      resolve: async ({ gate: { subject } }, _, { em }) =>
        asCaptured(await em.findOneOrFail(Fan, { id: subject.fanId }), subject),
    }),
  }),
});

builder.subscriptionField('offerStream', (t) =>
  t.field({
    type: OfferStreamEventType,
    description:
      'What becomes of the offers of this partner, of fans who share their presence with it; all others are told by no event. `after` resumes from a cursor without loss or repetition.',
    args: { after: t.arg.string(), campaignId: t.arg.id() },
    subscribe: (_, { after, campaignId }, context) =>
      openOfferStream(context, {
        campaignId: context.ids.keyOrNull('Campaign', campaignId, 'campaignId'),
        after: after ?? null,
      }),
    resolve: (event) => event,
  }),
);
