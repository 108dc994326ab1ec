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
import { findAudiences } from './audience-reader.ts';

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
  const { live, readers, loaders } = context;
  if (!(await loaders.game.load(gameId))) throw new NotFoundError('The game');
  const broadcast = broadcastOffers(context, gameId);
  const toEvent = async (item: StreamItem): Promise<LiveOfferEvent | null> => {
    if (item.kind !== 'EVENT') {
      return { kind: item.kind, cursor: live.cursors.seal(broadcast.topic, item.position), gate: null };
    }
    const { offerId, announcementId } = item.event.payload;
    const delivery = await readers.delivery.load({ offerId: offerId!, fanId });
    if (!delivery || delivery.announcement_id !== (announcementId ?? delivery.announcement_id)) return null;
    return broadcast.toEvent(item.event, { fanId, gameId, captured: delivery.lineages });
  };
  return new BroadcastStream(broadcast, await live.open(broadcast.topic, after), fanId, toEvent);
}

/** What goes wrong here goes wrong again where it is asked for. */
function preload(
  { offerId, announcementId }: LiveEvent['payload'],
  { offer, campaign, partner, announcement }: Loaders,
) {
  const ignore = () => {};
  if (announcementId) announcement.load(announcementId).catch(ignore);
  void (async () => {
    const { campaignId } = (await offer.load(offerId!))!;
    await partner.load((await campaign.load(campaignId))!.partnerId);
  })().catch(ignore);
}

function broadcastOffers({ live, orm }: Pick<Context, 'live' | 'orm'>, gameId: string): Broadcast<LiveOfferEvent> {
  const topic = gameTopic(gameId);
  const scope = 'OFFERS_LIVE';
  return {
    name: 'liveOffers',
    topic,
    gameId,
    scope,
    findAudiences: (events, fanIds, withPresence) => findAudiences(orm, events, fanIds, withPresence ? gameId : null),
    preload: ({ payload }, loaders) => preload(payload, loaders),
    toPosition: (position) => ({ kind: 'POSITION', cursor: live.cursors.seal(topic, position), gate: null }),
    toEvent({ kind, position, payload }, subject) {
      const [offerId, announcementId] = [payload.offerId!, payload.announcementId!];
      const about = { cursor: live.cursors.seal(topic, position), gate: { subject, scope }, offerId } as const;
      if (kind === 'OFFER_ENDED') return { kind, ...about, reason: 'CAMPAIGN_ENDED' };
      return kind === 'OFFER_ANNOUNCED' ? { kind, ...about, gameId, announcementId } : null;
    },
  };
}
