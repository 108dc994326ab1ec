/**
 * What each fan did and received, on the simulator's one monotonic clock. An act takes effect somewhere between its
 * request and its answer; before and after that interval its outcome is certain.
 */
export type Scope = 'PRESENCE_VENUE' | 'PRESENCE_ZONE' | 'OFFERS_LIVE' | 'PERSONALIZATION' | 'PROFILE_PREFERENCES';

export interface Span {
  readonly sent: number;
  readonly returned: number;
}

export type Act = Span &
  (
    | { readonly kind: 'GRANT' | 'WITHDRAW'; readonly scopes: readonly Scope[] }
    | { readonly kind: 'CHECK_IN'; readonly zone: string }
    | { readonly kind: 'CHECK_OUT' }
  );

export interface Announcement extends Span {
  readonly offerId: string;
  readonly announcementId: string;
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
  /** When a stream was known to be open, and until when. A later one resumes after the last frame of the one before. */
  readonly sessions: readonly { opened: number; closed: number }[];
}
