/** The live feed of one game for one fan: which events of the game's topic concern them, and under which lineages. */
import type { Context } from '../context.ts';
import { NotFoundError } from '../errors.ts';
import type { StreamGap, StreamPosition } from '../graphql/stream.ts';
import { requireFan } from '../identity/roles.ts';
import { gameTopic, type StreamItem } from '../live/index.ts';
import { MappedStream } from '../live/mapped-stream.ts';
import type { StreamEvent } from '../live/stream-event.ts';

export interface OfferAnnounced extends StreamEvent {
  readonly kind: 'OFFER_ANNOUNCED';
  readonly gate: NonNullable<StreamEvent['gate']>;
  readonly gameId: string;
  readonly announcementId: string;
  readonly offerId: string;
}
export interface OfferEnded extends StreamEvent {
  readonly kind: 'OFFER_ENDED';
  readonly offerId: string;
  readonly reason: 'CAMPAIGN_ENDED';
}
export type LiveOfferEvent = OfferAnnounced | OfferEnded | StreamGap | StreamPosition;

/** @throws AccessError for all but fans, NotFoundError, InputError for a cursor of something else. */
export async function openLiveOffers(
  context: Context,
  { gameId, after }: { gameId: string; after: string | null },
): Promise<AsyncIterableIterator<LiveOfferEvent>> {
  const { fanId } = requireFan(context.viewer);
  const { live, readers, loaders } = context;
  if (!(await loaders.game.load(gameId))) throw new NotFoundError('The game');
  const topic = gameTopic(gameId);

  const toEvent = async (item: StreamItem): Promise<LiveOfferEvent | null> => {
    if (item.kind !== 'EVENT') {
      return { kind: item.kind, cursor: live.cursors.seal(topic, item.position), gate: null };
    }
    const { kind, payload } = item.event;
    const [offerId, announcementId] = [payload.offerId!, payload.announcementId!];
    const delivery = item.shared
      ? await readers.audience.find(item.event, fanId)
      : await readers.delivery.load({ offerId, fanId });
    if (!delivery) return null;
    const cursor = live.cursors.seal(topic, item.position);
    const gate = { subject: { fanId, gameId, captured: delivery.lineages }, scope: 'OFFERS_LIVE' } as const;
    if (kind === 'OFFER_ENDED') return { kind, cursor, gate, offerId, reason: 'CAMPAIGN_ENDED' };
    if (kind !== 'OFFER_ANNOUNCED' || delivery.announcement_id !== announcementId) return null;
    return { kind, cursor, gate, gameId, announcementId, offerId };
  };
  return new MappedStream(await live.open(topic, after), toEvent);
}
