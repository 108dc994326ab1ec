/** The events of the live feed of offers, each with the cursor after it. */
import { builder } from '../graphql/builder.ts';
import { shared } from '../graphql/shared.ts';
import { addMarks, CURSOR, MARK_NAMES } from '../graphql/stream.ts';
import { ZoneType } from '../venues/venues.graphql.ts';
import { REASON_SCOPES } from './announcement.entity.ts';
import { type LiveOfferEvent, type OfferAnnounced, type OfferEnded, openLiveOffers } from './live-offers.ts';
import { AnnouncementType, OfferType, ReasonType } from './offers.graphql.ts';

const TYPE_NAMES = {
  OFFER_ANNOUNCED: 'OfferAnnounced',
  OFFER_ENDED: 'OfferEnded',
  ...MARK_NAMES,
} as const;

const LiveOfferEventType = builder.interfaceRef<LiveOfferEvent>('LiveOfferEvent').implement({
  description: 'An event of the live feed of offers.',
  resolveType: ({ kind }) => TYPE_NAMES[kind],
  fields: (t) => ({
    cursor: t.exposeString('cursor', CURSOR),
  }),
});
addMarks(LiveOfferEventType);

const OfferAnnouncedType = builder.objectRef<OfferAnnounced>('OfferAnnounced');
builder.subjectType(OfferAnnouncedType, {
  description: 'An offer for the fan who listens. Not sent at all without OFFERS_LIVE.',
  subject: (event) => event.gate.subject,
  extensions: shared(),
  interfaces: [LiveOfferEventType],
  fields: (t) => ({
    cursor: t.exposeString('cursor', { consent: null }),
    announcement: t.field({
      type: AnnouncementType,
      consent: null,
      resolve: async (event, _, { loaders }) => (await loaders.announcement.load(event.announcementId))!,
    }),
    offer: t.field({
      type: OfferType,
      consent: null,
      resolve: async (event, _, { loaders }) => (await loaders.offer.load(event.offerId))!,
    }),
    because: t.field({
      type: [ReasonType],
      nullable: true,
      consent: 'PERSONALIZATION',
      // The scopes of the reasons themselves.
      extensions: shared({ scopes: REASON_SCOPES }),
      description:
        'Why an offer reached you. A reason whose own scope the fan has withdrawn since is left out: it says where they were.',
      resolve: async ({ announcementId, gate }, _, { consent, loaders }) => {
        const { reasons } = (await loaders.announcement.load(announcementId))!;
        const shown = await Promise.all(reasons.map(({ scope }) => consent.shows(gate.subject, scope)));
        return reasons.filter((_, place) => shown[place]);
      },
    }),
    zone: t.field({
      type: ZoneType,
      nullable: true,
      consent: 'PRESENCE_ZONE',
      description:
        'The part of the venue where an offer is, which is where you are if it is there. The zone it was announced in, the one where the fan stands if it is among several. Null once presence has ended.',
      extensions: shared({ presence: true }),
      resolve: async (event, _, { loaders, presence }) => {
        const here = await presence(event.gameId, event.gate.subject);
        const announcement = await loaders.announcement.load(event.announcementId);
        const zones = announcement!.zoneIds;
        const zoneId = zones.length === 0 || zones.includes(here?.zone_id ?? '') ? here?.zone_id : zones[0];
        return here && zoneId ? loaders.zone.load(zoneId) : null;
      },
    }),
    walkingSeconds: t.int({
      nullable: true,
      consent: 'PRESENCE_ZONE',
      description:
        "How long you would walk to an offer from where you are. Null until the venue's walking graph is known.",
      resolve: () => null,
    }),
  }),
});

const OfferEndReason = builder.enumType('OfferEndReason', { values: ['CAMPAIGN_ENDED'] as const });
const OfferEndedType = builder.objectRef<OfferEnded>('OfferEnded');
OfferEndedType.implement({
  description: 'An offer that this fan was announced is no longer to be had.',
  extensions: shared(),
  interfaces: [LiveOfferEventType],
  fields: (t) => ({
    offer: t.field({
      type: OfferType,
      resolve: async (event, _, { loaders }) => (await loaders.offer.load(event.offerId))!,
    }),
    reason: t.expose('reason', { type: OfferEndReason }),
  }),
});

builder.subscriptionField('liveOffers', (t) =>
  t.field({
    type: LiveOfferEventType,
    extensions: shared(),
    description: 'The live feed of one game. `after` resumes from a cursor without loss or repetition.',
    args: { gameId: t.arg.id({ required: true }), after: t.arg.string() },
    subscribe: (_, { gameId, after }, context) =>
      openLiveOffers(context, { gameId: context.ids.key('Game', gameId, 'gameId'), after: after ?? null }),
    resolve: (event) => event,
  }),
);
