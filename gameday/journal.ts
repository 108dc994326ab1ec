/**
 * What each fan did and received, on the simulator's one monotonic clock. An act takes effect somewhere between its
 * request and its answer; before and after that interval its outcome is certain.
 */
export type Scope =
  | 'PRESENCE_VENUE'
  | 'PRESENCE_ZONE'
  | 'OFFERS_LIVE'
  | 'PERSONALIZATION'
  | 'PROFILE_PREFERENCES'
  | 'PROFILE'
  | 'HISTORY_ENGAGEMENT';

export interface Span {
  readonly sent: number;
  readonly returned: number;
}

export type Act = Span &
  (
    | {
        readonly kind: 'GRANT' | 'WITHDRAW';
        readonly scopes: readonly Scope[];
        /** The code of the partner; absent: the operator. */
        readonly recipient?: string;
      }
    | {
        readonly kind: 'ENGAGE';
        readonly offerId: string;
        readonly engagement: 'VIEW' | 'CLICK';
        readonly recorded: boolean;
      }
    | { readonly kind: 'CHECK_IN'; readonly zone: string }
    | { readonly kind: 'CHECK_OUT' }
  );

export interface Announcement extends Span {
  readonly offerId: string;
  readonly announcementId: string;
  readonly campaignId: string;
  /** Whose it is, by code. */
  readonly partner: string;
  /** Empty: the whole venue. */
  readonly zones: readonly string[];
  /** Empty: any. */
  readonly teams: readonly string[];
  /** The end of its campaign, where it was ended. */
  ended?: Span;
}

export interface Frame {
  readonly at: number;
  readonly kind: string;
  readonly offerId: string | null;
  readonly announcementId: string | null;
  readonly because: unknown;
  readonly zone: string | null;
  readonly errors: unknown;
}

export interface FanRecord {
  readonly name: string;
  readonly team: string | null;
  readonly acts: readonly Act[];
  readonly frames: readonly Frame[];
  readonly sessions: readonly Session[];
}

/** When a stream was known to be open, and until when. A later one resumes after the last frame of the one before. */
export interface Session {
  opened: number;
  closed: number;
}

/** What a partner was told of one fan, under the id by which it knows that fan. */
export interface Activity {
  readonly at: number;
  /** The type of the event; anything but OfferActivity tells of nobody. */
  readonly type: string;
  readonly activity: string | null;
  readonly campaignId: string | null;
  readonly fanId: string | null;
  readonly displayName: string | null;
  readonly team: string | null;
  readonly zone: string | null;
  readonly errors: unknown;
}

export interface PartnerRecord {
  readonly code: string;
  readonly activities: readonly Activity[];
  readonly sessions: readonly Session[];
  /** The names of fans by the ids under which this partner knows them. */
  readonly names: ReadonlyMap<string, string>;
}
