/** The live feed of one game for one fan: which events of the game's topic concern them, and under which lineages. */
import type { ConsentSubject } from '../consent/index.ts';
import type { Context, Services } from '../context.ts';
import { NotFoundError } from '../errors.ts';
import type { StreamGap, StreamPosition } from '../graphql/stream.ts';
import { requireFan } from '../identity/roles.ts';
import {
  type Audiences,
  type Broadcast,
  type BroadcastEvent,
  BroadcastStream,
  gameTopic,
  type Lineages,
  type LiveEvent,
  type Position,
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
): Promise<AsyncIterable<LiveOfferEvent>> {
  const { fanId } = requireFan(context.viewer);
  const game = await context.loaders.game.load(gameId);
  if (!game) throw new NotFoundError('The game');
  const broadcast = new OfferBroadcast(context, game);
  return new BroadcastStream(broadcast, await context.live.open(broadcast.topic, after), fanId);
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

class OfferBroadcast implements Broadcast<LiveOfferEvent> {
  readonly name = 'liveOffers';
  readonly scope = 'OFFERS_LIVE';
  readonly topic: string;
  readonly gameId: string;
  readonly #venueId: string;
  readonly #live: Services['live'];
  readonly #orm: Services['orm'];
  readonly #gate: Services['gate'];
  readonly #readers: Services['readers'];

  /** It may be open for hours: what a context has besides does not come along. */
  constructor({ live, orm, gate, readers }: Services, { id, venueId }: Game) {
    this.topic = gameTopic(id);
    this.gameId = id;
    this.#venueId = venueId;
    this.#live = live;
    this.#orm = orm;
    this.#gate = gate;
    this.#readers = readers;
  }

  findAudiences(events: readonly LiveEvent[], fanIds: readonly string[], withPresence: boolean): Promise<Audiences> {
    const asked = { seed: this.#gate.seed, gameId: withPresence ? this.gameId : null };
    return findAudiences(this.#orm, events, fanIds, asked);
  }

  findLineages(events: readonly LiveEvent[], fanIds: readonly string[]): Promise<readonly Lineages[]> {
    return findLineages(this.#orm, events, fanIds);
  }

  preload({ kind, payload }: LiveEvent, loaders: Loaders): void {
    preload(payload, loaders);
    if (kind === 'OFFER_ANNOUNCED') void preloadZones(this.#venueId, loaders);
  }

  async tell(item: StreamItem, fanId: string): Promise<LiveOfferEvent | null> {
    if (item.kind === 'POSITION') return this.toPosition(item.position);
    const { gameId } = this;
    if (item.kind === 'GAP') {
      const { since, position } = item;
      const orm = this.#orm;
      const findMissed = since && (() => findMissedOffers(orm, { gameId, fanId, since, until: position }));
      return { kind: item.kind, cursor: this.#cursor(position), gate: null, findMissed };
    }
    const { offerId, announcementId } = item.event.payload;
    const delivery = await this.#readers.delivery.load({ offerId: offerId!, fanId });
    if (!delivery || delivery.announcement_id !== (announcementId ?? delivery.announcement_id)) return null;
    return this.toEvent(item.event, { fanId, gameId, captured: delivery.lineages });
  }

  toEvent({ kind, position, payload }: LiveEvent, subject: ConsentSubject): OfferAnnounced | OfferEnded | null {
    const [offerId, announcementId] = [payload.offerId!, payload.announcementId!];
    const { gameId, scope } = this;
    const about = { cursor: this.#cursor(position), gate: { subject, scope }, offerId } as const;
    if (kind === 'OFFER_ENDED') return { kind, ...about, reason: 'CAMPAIGN_ENDED' };
    return kind === 'OFFER_ANNOUNCED' ? { kind, ...about, gameId, announcementId } : null;
  }

  toPosition(position: Position): StreamPosition {
    return { kind: 'POSITION', cursor: this.#cursor(position), gate: null };
  }

  #cursor(position: Position): string {
    return this.#live.cursors.seal(this.topic, position);
  }
}
