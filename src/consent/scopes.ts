/**
 * The catalogue: every purpose for which data about a fan may be used, in words a fan can read. A scope's place in
 * CONSENT_SCOPES is its bit in every mask, here and in SQL; append, never reorder. Purposes are terms of the W3C Data
 * Privacy Vocabulary (https://w3id.org/dpv). Which fields a scope gates is derived from the schema, never typed here.
 */
export const CONSENT_SCOPES = [
  'PRESENCE_VENUE',
  'PRESENCE_ZONE',
  'OFFERS_LIVE',
  'HISTORY_ATTENDANCE',
  'HISTORY_PURCHASE',
  'HISTORY_ENGAGEMENT',
  'PROFILE',
  'PROFILE_PREFERENCES',
  'PERSONALIZATION',
  'HIGHLIGHTS',
  'LOYALTY',
  'CONTACT_EMAIL',
  'CONTACT_SMS',
  'CONTACT_PUSH',
  'ANALYTICS',
] as const;
export type ConsentScope = (typeof CONSENT_SCOPES)[number];

export interface ScopeDescription {
  title: string;
  description: string;
  /** A DPV term. */
  purpose: string;
  retention: string;
  /** Null: until withdrawn. */
  retentionDays: number | null;
  defaultDuration: 'STANDING' | 'GAME';
}

export const CATALOGUE: Readonly<Record<ConsentScope, ScopeDescription>> = {
  PRESENCE_VENUE: {
    title: 'That you are here',
    description: 'We know that you are at the venue during a game, so that we can welcome you.',
    purpose: 'dpv:ServicePersonalisation',
    retention: 'Until the game ends, or at once when you withdraw.',
    retentionDays: 0,
    defaultDuration: 'GAME',
  },
  PRESENCE_ZONE: {
    title: 'Where in the venue you are',
    description:
      'We know which part of the venue you are in: the way to the nearest restroom, an offer around the corner.',
    purpose: 'dpv:ServicePersonalisation',
    retention: 'Only the latest place, until the game ends, or at once when you withdraw.',
    retentionDays: 0,
    defaultDuration: 'GAME',
  },
  OFFERS_LIVE: {
    title: 'Live offers',
    description: 'You receive offers while you are at the venue.',
    purpose: 'dpv:DirectMarketing',
    retention: 'The offers you received stay in your list until you withdraw and erase.',
    retentionDays: null,
    defaultDuration: 'GAME',
  },
  HISTORY_ATTENDANCE: {
    title: 'The games you attended',
    description: 'We keep the list of your games after they end, and show it to you with your own statistics.',
    purpose: 'dpv:ServiceProvision',
    retention: 'Until you withdraw and erase.',
    retentionDays: null,
    defaultDuration: 'STANDING',
  },
  HISTORY_PURCHASE: {
    title: 'What you bought',
    description: 'We keep what you bought or redeemed, so that points and receipts can be looked up.',
    purpose: 'dpv:ServiceProvision',
    retention: 'Two years.',
    retentionDays: 730,
    defaultDuration: 'STANDING',
  },
  HISTORY_ENGAGEMENT: {
    title: 'Which offers you opened',
    description: 'We keep which offers you viewed, opened or dismissed.',
    purpose: 'dpv:ServiceUsageAnalytics',
    retention: 'Ninety days.',
    retentionDays: 90,
    defaultDuration: 'STANDING',
  },
  PROFILE: {
    title: 'Your profile',
    description: 'Your name, e-mail address and year of birth, as you gave them.',
    purpose: 'dpv:CustomerManagement',
    retention: 'Until you leave the program.',
    retentionDays: null,
    defaultDuration: 'STANDING',
  },
  PROFILE_PREFERENCES: {
    title: 'Whom you cheer for',
    description: 'Your favorite team.',
    purpose: 'dpv:ServicePersonalisation',
    retention: 'Until you withdraw and erase.',
    retentionDays: null,
    defaultDuration: 'STANDING',
  },
  PERSONALIZATION: {
    title: 'Offers that fit',
    description: 'Offers may be chosen by what you told us, and each says why you see it.',
    purpose: 'dpv:PersonalisedAdvertising',
    retention: 'Nothing of its own is kept.',
    retentionDays: 0,
    defaultDuration: 'STANDING',
  },
  HIGHLIGHTS: {
    title: 'Your highlights',
    description: 'Moments of the games you attended, put together for you.',
    purpose: 'dpv:ServicePersonalisation',
    retention: 'Until you withdraw and erase.',
    retentionDays: null,
    defaultDuration: 'STANDING',
  },
  LOYALTY: {
    title: 'Points and tiers',
    description: 'We keep your points and your tier.',
    purpose: 'dpv:ServiceProvision',
    retention: 'Until you leave the program; the balance is then frozen, not forfeited.',
    retentionDays: null,
    defaultDuration: 'STANDING',
  },
  CONTACT_EMAIL: {
    title: 'Write to me by e-mail',
    description: 'The permission to write to you, not the address.',
    purpose: 'dpv:DirectMarketing',
    retention: 'Until withdrawn.',
    retentionDays: null,
    defaultDuration: 'STANDING',
  },
  CONTACT_SMS: {
    title: 'Write to me by text message',
    description: 'The permission to write to you, not the number.',
    purpose: 'dpv:DirectMarketing',
    retention: 'Until withdrawn.',
    retentionDays: null,
    defaultDuration: 'STANDING',
  },
  CONTACT_PUSH: {
    title: 'Write to me on my phone',
    description: 'The permission to send notifications, not the device.',
    purpose: 'dpv:DirectMarketing',
    retention: 'Until withdrawn.',
    retentionDays: null,
    defaultDuration: 'STANDING',
  },
  ANALYTICS: {
    title: 'Anonymous numbers',
    description: 'You are counted in numbers that cannot be traced to you.',
    purpose: 'dpv:ServiceOptimisation',
    retention: 'Only the anonymous numbers are kept.',
    retentionDays: 0,
    defaultDuration: 'STANDING',
  },
};

/** The bit of a scope in a mask. */
export const bitOf = (scope: ConsentScope): number => BITS[scope];

/** The mask of several scopes. */
export const bitsOf = (scopes: readonly ConsentScope[]): number =>
  scopes.reduce((mask, scope) => mask | bitOf(scope), 0);

const BITS = Object.fromEntries(CONSENT_SCOPES.map((scope, place) => [scope, 1 << place])) as Record<
  ConsentScope,
  number
>;
