/**
 * The stream's part of the contract as a plain schema, for the GraphQL contestants: the same document, the same bytes.
 * What a class may see costs them a synchronous test per field and nothing else: no consent is looked up, nothing is
 * read from a database, and nothing is checked anew before a frame goes out.
 */
import { isTold, renumbered, type Templates } from '../live-offers.ts';

export const SDL = /* GraphQL */ `
  type Query { ok: Boolean }
  type Partner { id: ID! name: String! }
  type Zone { id: ID! name: String! }
  type Reason { kind: String! text: String! }
  type Announcement { id: ID! at: String! }
  type Offer { id: ID! title: String! body: String! imageUrl: String sponsor: Partner! validUntil: String! }
  interface LiveOfferEvent { cursor: String! }
  type OfferAnnounced implements LiveOfferEvent {
    cursor: String! announcement: Announcement! offer: Offer! because: [Reason!] zone: Zone walkingSeconds: Int
  }
  type OfferEnded implements LiveOfferEvent { cursor: String! offer: Offer! reason: String! }
  type StreamGap implements LiveOfferEvent { cursor: String! resumeFrom: String missedAtLeast: Int }
  type Subscription { liveOffers(gameId: ID!, after: String): LiveOfferEvent! }
`;

export const TOPIC = 'liveOffers';

/** Who listens: what the context of a subscription holds. */
export interface Listener {
  readonly consentClass: number;
}

// biome-ignore lint/suspicious/noExplicitAny: an event is what was captured, as JSON
type Event = any;

/** Each class as it was captured, parsed: the events to publish, and where each class stands. */
export class Events {
  readonly #told: string;
  readonly #zones: readonly unknown[];

  constructor(templates: Templates) {
    this.#told = templates.find((_, consentClass) => isTold(consentClass)) ?? '';
    this.#zones = templates.map((template) => JSON.parse(template).payload.data.liveOffers.zone);
  }

  of(event: number): Event {
    return JSON.parse(renumbered(this.#told, event)).payload.data.liveOffers;
  }

  /** Of OfferAnnounced; the rest are properties. */
  get resolvers() {
    return {
      because: (event: Event, _: unknown, { consentClass }: Listener) => (isTold(consentClass) ? event.because : null),
      zone: (_: Event, __: unknown, { consentClass }: Listener) => this.#zones[consentClass],
    };
  }
}
