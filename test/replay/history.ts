/** A season of three games and a handful of acts, written by hand: in it all is right, until a test doctors it. */
import { PLAIN } from '../../replay/campaigns.ts';
import type { Act, Entry, Plan } from '../../replay/journal.ts';
import { type Findings, Oracle } from '../../replay/oracle/oracle.ts';
import type { Program } from '../../replay/oracle/points.ts';
import { judgeStored } from '../../replay/oracle/stored.ts';
import type { Grounds } from '../../replay/oracle/world.ts';
import type { Rows } from '../../replay/rows.ts';

export const DAY_MS = 86_400_000;
export const OPENING = Date.parse('2018-04-05T23:00:00Z');

const PROGRAM: Program = {
  timeZone: 'America/New_York',
  qualificationDays: 60,
  lifeDays: 45,
  tiers: [{ code: 'MEMBER', points: 0 }],
  rules: [
    { code: 'gate', source: 'ATTENDANCE', points: 100, lifeDays: 90 },
    { code: 'dollar', source: 'PURCHASE', points: 1, perAmount: 100, lifeDays: 60 },
  ],
  rewards: [{ code: 'cap', points: 90, stock: 1 }],
};
const CONTACT = { perGame: 3, quietMinutes: 60 };
const GROUNDS: Grounds = {
  games: [
    { key: 'g1', venue: 'v1', startsAt: OPENING },
    { key: 'g2', venue: 'v1', startsAt: OPENING + DAY_MS },
    { key: 'g3', venue: 'v2', startsAt: OPENING },
  ],
  timeZones: new Map([
    ['v1', 'America/New_York'],
    ['v2', 'America/New_York'],
  ]),
  zones: new Map([
    ['v1', ['gate', 'seats']],
    ['v2', ['gate', 'seats']],
  ]),
};

const PLAN: Plan = {
  ...PLAIN,
  kind: 'by hand',
  partner: 'bakery',
  discount: { kind: 'AMOUNT', amount: 500 },
  claims: 2,
  spend: 1_000,
  holdMinutes: 60,
  from: OPENING - DAY_MS,
  until: OPENING + 7 * DAY_MS,
};

export const campaign = (more: Partial<Plan> = {}): Act => ({
  kind: 'CAMPAIGN',
  campaign: 'c1',
  offer: 'o1',
  plan: { ...PLAN, ...more },
});

const ALL = ['PRESENCE_VENUE', 'OFFERS_LIVE', 'HISTORY_ATTENDANCE', 'HISTORY_PURCHASE', 'HISTORY_ENGAGEMENT'] as const;

export const enrolls = (fan: number): Act => ({
  kind: 'ENROLL',
  fan,
  key: `f${fan}`,
  version: '1',
  team: null,
  also: [],
  code: null,
});
export const grants = (fan: number, scopes: readonly (typeof ALL)[number][] = ALL): Act => ({
  kind: 'GRANT',
  fan,
  scopes,
  recipient: null,
  duration: 'STANDING',
  game: null,
  until: null,
  version: '1',
  code: null,
});
export const withdraws = (fan: number, ...scopes: (typeof ALL)[number][]): Act => ({
  kind: 'WITHDRAW',
  fan,
  scopes,
  recipient: null,
  erase: false,
  code: null,
});
export const checksIn = (fan: number): Act => ({
  kind: 'CHECK_IN',
  fan,
  game: 'g1',
  zone: 'seats',
  created: true,
  code: null,
});
export const arrives = (fan: number, points = 100): Act => ({ kind: 'ARRIVE', fan, game: 'g1', points, code: null });
export const announces: Act = { kind: 'ANNOUNCE', campaign: 'c1', game: 'g1', announcement: 'a1', code: null };
export const announcesAgain: Act = { ...announces, announcement: 'a2' };
export const claims = (fan: number, claim: string | null = `claim-${fan}`): Act => ({
  kind: 'CLAIM',
  fan,
  offer: 'o1',
  game: 'g1',
  key: `key-${claim}`,
  claim,
  expiresAt: OPENING + 3_600_000,
  code: claim ? null : 'INVALID_STATE',
});
export const redeems = (fan: number, redemption: string | null = `redemption-${fan}`): Act => ({
  kind: 'REDEEM',
  fan,
  claim: `claim-${fan}`,
  venue: 'v1',
  till: 'till',
  key: `scan-${redemption}`,
  total: 2_000,
  order: 'order',
  scanned: null,
  redemption,
  discount: redemption ? 500 : null,
  points: 0,
  code: redemption ? null : 'INVALID_STATE',
});
export const looks = (fan: number, points: number): Act => ({
  kind: 'LOOK',
  fan,
  balance: { points, pending: 0, held: 0, expired: 0, tier: 'MEMBER' },
});

/** Who was there, was told, claimed and redeemed. */
export const served = (fan: number): Act[] => [claims(fan), redeems(fan)];
export const came = (fan: number): Act[] => [enrolls(fan), grants(fan), checksIn(fan), arrives(fan)];

/** One after the other, at the opening game. */
export function entriesOf(acts: readonly Act[]): Entry[] {
  const opening: Act[] = [
    { kind: 'POLICY', version: '1', effectiveAt: OPENING - DAY_MS, material: false },
    { kind: 'GAME', game: 'g1', status: 'LIVE' },
  ];
  return [...opening, ...acts].map((act, place) => ({ ...act, at: OPENING, sent: 2 * place, returned: 2 * place + 1 }));
}

export function verdict(...acts: Act[]): Findings {
  return new Oracle(GROUNDS, PROGRAM, CONTACT, entriesOf(acts)).judge();
}

/** The same, with what is stored. */
export function verdictOn(rows: Rows, ...acts: Act[]): Findings {
  const oracle = new Oracle(GROUNDS, PROGRAM, CONTACT, entriesOf(acts));
  oracle.judge();
  return judgeStored(oracle.court, rows);
}

/** What is stored after one fan was there, and nothing was taken. */
export const rowsOfNothingTaken = () => ({
  ...rowsOfOne(),
  deliveries: [],
  claims: [],
  redemptions: [],
  books: [{ campaign: 'c1', redeemed: 0, spent: 0 }],
});

/** What is stored after one fan was served. */
export const rowsOfOne = (): { -readonly [K in keyof Rows]: Rows[K][number][] } => ({
  fans: [{ fan: 'f1', team: null }],
  grants: ['PROFILE', 'LOYALTY', ...ALL].map((scope) => ({
    fan: 'f1',
    scope,
    recipient: null,
    duration: 'STANDING',
    game: null,
  })),
  presence: [{ fan: 'f1', game: 'g1', zone: null }],
  visits: [{ fan: 'f1', game: 'g1', proven: true }],
  deliveries: [{ fan: 'f1', offer: 'o1', announcement: 'a1' }],
  holdouts: [],
  engagements: [],
  claims: [{ id: 'claim-1', fan: 'f1', campaign: 'c1', state: 'REDEEMED' }],
  redemptions: [{ id: 'redemption-1', claim: 'claim-1', campaign: 'c1', spent: 500, back: false }],
  books: [{ campaign: 'c1', redeemed: 1, spent: 500 }],
  purchases: [],
  rewards: [],
  stock: [],
  lots: [{ fan: 'f1', source: 'ATTENDANCE', reference: 'game:g1:f1', rule: 'gate', earned: 100, left: 100 }],
  owed: [],
});
