/**
 * The stream that is measured: the consumer contract's own document, and its events as every contestant sends them. An
 * event carries its number in its title, so that whoever receives it can tell loss and repetition; what fans see of it
 * differs by class: half of them show why (PERSONALIZATION), and each stands in one of seven zones or shows none.
 */
export const LIVE_OFFERS = `subscription LiveOffers($gameId: ID!, $after: String) {
  liveOffers(gameId: $gameId, after: $after) {
    __typename cursor
    ... on OfferAnnounced {
      announcement { id at }
      offer { id title body imageUrl sponsor { id name } validUntil }
      because { kind text }
      zone { id name }
      walkingSeconds
    }
    ... on OfferEnded { offer { id } reason }
    ... on StreamGap { resumeFrom missedAtLeast }
  }
}`;

export const CLASSES = 16;
export const ZONES = 7;
/** The id that every subscriber gives its one subscription. */
export const SUBSCRIPTION_ID = '1';

export const classOf = (place: number): number => place % CLASSES;
/** Whether fans of this class are told why. */
export const isTold = (consentClass: number): boolean => (consentClass & 1) === 1;
/** From 1 to ZONES; 0 for those who do not say where they are. */
export const zoneOf = (consentClass: number): number => consentClass >> 1;

export const TITLE_MARK = 'Offer #';
const DIGITS = 6;

/** Always of one length, so that every event has as many bytes as the next. */
export const titleOf = (event: number): string => `${TITLE_MARK}${String(event).padStart(DIGITS, '0')}`;

const TITLE = new RegExp(`${TITLE_MARK}\\d{${DIGITS}}`);
/** The same frame, of another event. */
export const renumbered = (frame: string, event: number): string => frame.replace(TITLE, titleOf(event));

/** A frame that was received, one per class: what other contestants send copies of. */
export type Templates = readonly string[];
