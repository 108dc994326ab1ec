/** The live feed of one game for one fan: which events of the game's topic concern them, and under which lineages. */
import type { Context } from '../context.ts';
import { NotFoundError } from '../errors.ts';
import type { StreamGap, StreamPosition } from '../graphql/stream.ts';
import { requireFan } from '../identity/roles.ts';
import {
  type Broadcast,
  type BroadcastEvent,
  BroadcastStream,
  gameTopic,
  type LiveEvent,
  type StreamItem,
} from '../live/index.ts';
import type { Loaders } from '../loaders.ts';
import type { Game } from '../venues/index.ts';
import { findAudiences, findLineages } from './audience-reader.ts';
import { findMissedOffers } from './missed.ts';

export interface OfferAnnounced extends BroadcastEvent {
  readonly kind: 'OFFER_ANNOUNCED';
  readonly gate: NonNullable<BroadcastEvent['gate']>;
  readonly gameId: string;
  readonly announcementId: string;
  readonly offerId: string;
}
export interface OfferEnded extends BroadcastEvent {
  readonly kind: 'OFFER_ENDED';
  readonly offerId: string;
  readonly reason: 'CAMPAIGN_ENDED';
}
export type LiveOfferEvent = OfferAnnounced | OfferEnded | StreamGap | StreamPosition;

/**
 * An announcement is for those whom it told first, and the end of an offer for all who were told of it.
 * @throws AccessError for all but fans, NotFoundError, InputError for a cursor of something else.
 */
export async function openLiveOffers(
  context: Context,
  { gameId, after }: { gameId: string; after: string | null },
): Promise<AsyncIterableIterator<LiveOfferEvent>> {
  const { fanId } = requireFan(context.viewer);
  const { live, orm, readers, loaders } = context;
  const game = await loaders.game.load(gameId);
  if (!game) throw new NotFoundError('The game');
  const broadcast = broadcastOffers(context, game);
  const toEvent = async (item: StreamItem): Promise<LiveOfferEvent | null> => {
    if (item.kind === 'POSITION') return broadcast.toPosition(item.position);
    if (item.kind === 'GAP') {
      const { since, position } = item;
      const findMissed = since && (() => findMissedOffers(orm, { gameId, fanId, since, until: position }));
      return { kind: item.kind, cursor: live.cursors.seal(broadcast.topic, position), gate: null, findMissed };
    }
    const { offerId, announcementId } = item.event.payload;
    const delivery = await readers.delivery.load({ offerId: offerId!, fanId });
    if (!delivery || delivery.announcement_id !== (announcementId ?? delivery.announcement_id)) return null;
    return broadcast.toEvent(item.event, { fanId, gameId, captured: delivery.lineages });
  };
  return new BroadcastStream(broadcast, await live.open(broadcast.topic, after), fanId, toEvent);
}

/** All at once, and none after another. What goes wrong here goes wrong again where it is asked for. */
function preload({ offerId, announcementId, campaignId, partnerId }: LiveEvent['payload'], loaders: Loaders): void {
  const ignore = () => {};
  loaders.offer.load(offerId!).catch(ignore);
  if (announcementId) loaders.announcement.load(announcementId).catch(ignore);
  if (campaignId) loaders.campaign.load(campaignId).catch(ignore);
  if (partnerId) loaders.partner.load(partnerId).catch(ignore);
}

/** Announcements are told with the zone in which one stands: those of the venue, of which there are few. */
async function preloadZones(venueId: string, { zonesOfVenue, zone }: Loaders): Promise<void> {
  const zones = await zonesOfVenue.load(venueId).catch(() => []);
  for (const each of zones) zone.prime(each.id, each);
}

function broadcastOffers(
  { live, orm, gate }: Pick<Context, 'live' | 'orm' | 'gate'>,
  { id: gameId, venueId }: Game,
): Broadcast<LiveOfferEvent> {
  const topic = gameTopic(gameId);
  const scope = 'OFFERS_LIVE';
  return {
    name: 'liveOffers',
    topic,
    gameId,
    scope,
    findAudiences: (events, fanIds, withPresence) =>
      findAudiences(orm, events, fanIds, { seed: gate.seed, gameId: withPresence ? gameId : null }),
    findLineages: (events, fanIds) => findLineages(orm, events, fanIds),
    preload: ({ kind, payload }, loaders) => {
      preload(payload, loaders);
      if (kind === 'OFFER_ANNOUNCED') void preloadZones(venueId, loaders);
    },
    toPosition: (position) => ({ kind: 'POSITION', cursor: live.cursors.seal(topic, position), gate: null }),
    toEvent({ kind, position, payload }, subject) {
      const [offerId, announcementId] = [payload.offerId!, payload.announcementId!];
      const about = { cursor: live.cursors.seal(topic, position), gate: { subject, scope }, offerId } as const;
      if (kind === 'OFFER_ENDED') return { kind, ...about, reason: 'CAMPAIGN_ENDED' };
      return kind === 'OFFER_ANNOUNCED' ? { kind, ...about, gameId, announcementId } : null;
    },
  };
}
