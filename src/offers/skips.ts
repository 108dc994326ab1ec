/**
 * Why an announcement skips a fan, in words for that fan. A code's place in SKIP_CODES is its bit in what SQL answers
 * (`skip_bit`); append, never reorder. What is missing in consent is no code of its own there: it is a mask of scopes.
 */
import { bitOf, CATALOGUE, CONSENT_SCOPES, type ConsentScope } from '../consent/index.ts';

export const SKIP_CODES = [
  'NOT_PRESENT',
  'NOT_IN_ZONE',
  'OTHER_TEAM',
  'HELD_OUT',
  'ALREADY_ANNOUNCED',
  'CAMPAIGN_NOT_STARTED',
  'CAMPAIGN_PAUSED',
  'CAMPAIGN_ENDED',
  'GAME_OVER',
  'OTHER_VENUE',
  'CONTACT_PAUSED',
  'CONTACT_PER_GAME',
  'CONTACT_PER_HOUR',
  'QUIET_AFTER_DISMISSAL',
  'LESS_LIKE_THIS',
  'NOT_TARGETED',
  'CAMPAIGN_DRAFT',
  'OUTSIDE_HOURS',
  'OTHER_GAME_STATE',
  'OTHER_TIER',
  'TOO_FEW_VISITS',
  'STREAK_TOO_SHORT',
  'TOO_LITTLE_ENGAGEMENT',
] as const;
export type SkipCode = (typeof SKIP_CODES)[number];

/** The scope is the one under which what was looked at is known; null where nothing personal was. */
interface SkipWords {
  readonly text: string;
  readonly scope: ConsentScope | null;
}

const WORDS: Readonly<Record<SkipCode, SkipWords>> = {
  NOT_PRESENT: { text: 'You are not at a game where it is announced.', scope: 'PRESENCE_VENUE' },
  NOT_IN_ZONE: { text: 'It is for other parts of the venue than the one you are in.', scope: 'PRESENCE_ZONE' },
  OTHER_TEAM: { text: 'It is for those who cheer for another team.', scope: 'PROFILE_PREFERENCES' },
  HELD_OUT: {
    text: 'You were chosen at random not to see it, so that its effect can be measured. Nobody is told who was.',
    scope: null,
  },
  ALREADY_ANNOUNCED: { text: 'You have had it already; an offer comes once.', scope: 'OFFERS_LIVE' },
  CAMPAIGN_NOT_STARTED: { text: 'It has not begun yet.', scope: null },
  CAMPAIGN_PAUSED: { text: 'Its sponsor has paused it.', scope: null },
  CAMPAIGN_ENDED: { text: 'It is over.', scope: null },
  GAME_OVER: { text: 'The game is over.', scope: null },
  OTHER_VENUE: { text: 'It is for another venue.', scope: null },
  CONTACT_PAUSED: { text: 'You have asked for no offers for a while.', scope: null },
  CONTACT_PER_GAME: {
    text: 'You have had as many offers at this game as you or the club allow.',
    scope: 'OFFERS_LIVE',
  },
  CONTACT_PER_HOUR: {
    text: 'You have had as many offers within the hour as you or the club allow.',
    scope: 'OFFERS_LIVE',
  },
  QUIET_AFTER_DISMISSAL: { text: 'You dismissed an offer a moment ago.', scope: 'HISTORY_ENGAGEMENT' },
  LESS_LIKE_THIS: { text: 'You have asked for less of this sponsor.', scope: null },
  NOT_TARGETED: { text: 'It is for those alone who are on its list, and you are not.', scope: 'OFFERS_LIVE' },
  CAMPAIGN_DRAFT: { text: 'It is not out yet.', scope: null },
  OUTSIDE_HOURS: { text: 'It has its hours, and this is none of them.', scope: null },
  OTHER_GAME_STATE: { text: 'It is for another part of the day: before the game, or while it is played.', scope: null },
  OTHER_TIER: { text: 'It is for members of another tier.', scope: 'LOYALTY' },
  TOO_FEW_VISITS: { text: 'It is for those who have been here more often.', scope: 'HISTORY_ATTENDANCE' },
  STREAK_TOO_SHORT: { text: 'It is for those who have been to more games in a row.', scope: 'HISTORY_ATTENDANCE' },
  TOO_LITTLE_ENGAGEMENT: {
    text: 'It is for those who have looked at more offers of this sponsor.',
    scope: 'HISTORY_ENGAGEMENT',
  },
};

export const WHY_NOT_CODES = ['CONSENT_OFF', ...SKIP_CODES, 'NOT_ANNOUNCED_YET'] as const;
export interface WhyNotReason {
  readonly code: (typeof WHY_NOT_CODES)[number];
  readonly text: string;
  readonly scope: ConsentScope | null;
}

/** The codes of a mask, in order. */
export const skipCodesOf = (skips: number): SkipCode[] => SKIP_CODES.filter((_, bit) => (skips & (1 << bit)) !== 0);

/** Everything that stands in the way: first the scopes that are off, then the rest. */
export function explainSkips(missing: number, skips: number): WhyNotReason[] {
  const off = CONSENT_SCOPES.filter((scope) => (missing & bitOf(scope)) !== 0);
  return [
    ...off.map((scope) => ({
      code: 'CONSENT_OFF' as const,
      text: `It takes your consent to “${CATALOGUE[scope].title}”.`,
      scope,
    })),
    ...skipCodesOf(skips).map((code) => ({ code, ...WORDS[code] })),
  ];
}
