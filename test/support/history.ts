/** Histories of one fan on a game day, written by hand, in milliseconds of one clock. */
import type { Act, Announcement, FanRecord, Frame, Scope } from '../../gameday/journal.ts';
import { judge } from '../../gameday/oracle.ts';

export const ALL: Scope[] = [
  'PRESENCE_VENUE',
  'PRESENCE_ZONE',
  'OFFERS_LIVE',
  'PERSONALIZATION',
  'PROFILE_PREFERENCES',
];
export const without = (scope: Scope) => ALL.filter((other) => other !== scope);

// Milliseconds of one clock. Every act takes ten.
export const span = (sent: number, returned = sent + 10) => ({ sent, returned });
export const grants = (sent: number, ...scopes: Scope[]): Act => ({ ...span(sent), kind: 'GRANT', scopes });
export const withdraws = (sent: number, ...scopes: Scope[]): Act => ({ ...span(sent), kind: 'WITHDRAW', scopes });
export const checksIn = (sent: number, zone = 'gate'): Act => ({ ...span(sent), kind: 'CHECK_IN', zone });
export const checksOut = (sent: number): Act => ({ ...span(sent), kind: 'CHECK_OUT' });
export const came = [grants(0, ...ALL), checksIn(20)];

export const announced = (more: Partial<Announcement> = {}): Announcement => ({
  ...span(10_000),
  offerId: 'pretzel',
  announcementId: 'first',
  campaignId: 'pretzels',
  partner: 'bakery',
  zones: [],
  teams: [],
  ...more,
});
export const frame = (more: Partial<Frame> = {}): Frame => ({
  at: 10_020,
  kind: 'OfferAnnounced',
  offerId: 'pretzel',
  announcementId: 'first',
  because: [{ kind: 'PRESENCE' }],
  zone: 'gate',
  errors: null,
  ...more,
});
export const ended = (at: number): Frame =>
  frame({ at, kind: 'OfferEnded', announcementId: null, because: null, zone: null, errors: null });

/** One fan, who listened all day. */
export function verdict(history: Partial<FanRecord>, ...announcements: Announcement[]) {
  const sessions = [{ opened: 50, closed: 60_000 }];
  const fan = { name: 'ann', team: null, acts: came, frames: [], sessions, ...history };
  return judge([fan], announcements.length > 0 ? announcements : [announced()]);
}

export const nothingWrong = { leaks: [], missing: [], withheld: 0 };
export const leak = (what: string) => ({ leaks: [`ann: ${what}`], missing: [] });
export const missing = (what: string) => ({ leaks: [], missing: [`ann: ${what}`] });
