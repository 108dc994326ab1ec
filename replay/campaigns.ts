/** Campaigns of every kind that the engine has, each with a budget or a limit that a crowd comes up against. */
import type { Random } from '../gameday/random.ts';
import type { Limit, Plan } from './journal.ts';

const DAY_MS = 86_400_000;

/** Without any budget, limit or segment. */
export const PLAIN = {
  discount: { kind: 'PERCENT', percent: 15 },
  claims: null,
  spend: null,
  capPerFan: 1,
  holdMinutes: 24 * 60,
  limits: [],
  teams: [],
  tiers: [],
  visits: null,
  streak: null,
  engagements: null,
  gameStatuses: [],
  hours: null,
  zone: null,
  holdout: 0,
  stacking: null,
  draft: false,
  targets: null,
} as const satisfies Partial<Plan>;

type Part = Partial<Omit<Plan, 'kind' | 'partner' | 'from' | 'until'>>;

const limit = (action: Limit['action'], period: Limit['period'], per: Limit['per'], atMost: number): Part => ({
  limits: [{ action, period, per, atMost }],
  capPerFan: 3,
});

export interface Surroundings {
  readonly random: Random;
  /** Keys. */
  readonly teams: readonly string[];
  /** Those who are members now: nobody else can be on a list. */
  readonly members: readonly number[];
}

/** By name; each week a partner begins one or two of them. */
export const KINDS: Readonly<Record<string, (around: Surroundings) => Part>> = {
  'for everybody': () => ({}),
  'so many claims': () => ({ claims: 25 }),
  'few claims, short holds': () => ({ claims: 12, holdMinutes: 120 }),
  'so much money, amounts': () => ({ discount: { kind: 'AMOUNT', amount: 500 }, spend: 9_000 }),
  'so much money, percentages': () => ({ discount: { kind: 'PERCENT', percent: 25 }, spend: 8_000 }),
  'claims and money': () => ({ discount: { kind: 'AMOUNT', amount: 400 }, claims: 30, spend: 10_000 }),
  'points for an offer': () => ({ discount: { kind: 'POINTS', points: 40 }, claims: 60 }),
  'claims a fan and day': () => limit('CLAIM', 'DAY', ['FAN'], 1),
  'claims a venue and game': () => limit('CLAIM', 'GAME', ['VENUE'], 6),
  'claims a partner and week': () => limit('CLAIM', 'WEEK', ['PARTNER'], 60),
  'claims a campaign and month': () => limit('CLAIM', 'MONTH', ['CAMPAIGN'], 40),
  'claims a fan of a partner, ever': () => limit('CLAIM', 'EVER', ['FAN', 'PARTNER'], 2),
  'redemptions a campaign and hour': () => limit('REDEEM', 'HOUR', ['CAMPAIGN'], 8),
  'redemptions a venue and day': () => limit('REDEEM', 'DAY', ['VENUE', 'CAMPAIGN'], 5),
  'redemptions a fan and week': () => limit('REDEEM', 'WEEK', ['FAN'], 1),
  'on weekends': () => ({ hours: { days: [5, 6, 0], from: 12, lasts: 12 } }),
  'in the evening': () => ({ hours: { days: [0, 1, 2, 3, 4, 5, 6], from: 17, lasts: 7 } }),
  'while it is played': () => ({ gameStatuses: ['LIVE'], claims: 40 }),
  'before it begins': () => ({ gameStatuses: ['SCHEDULED'], claims: 40 }),
  'for one team': ({ random, teams }) => ({ teams: [random.pick(teams)] }),
  'for half of the teams': ({ teams }) => ({ teams: teams.filter((_, place) => place % 2 === 0), claims: 80 }),
  'for a tier': () => ({ tiers: ['DOUBLE', 'HOMER'] }),
  'for those who come often': () => ({ visits: { atLeast: 2, withinDays: 30 } }),
  'for a streak': () => ({ streak: 2 }),
  'for the curious': () => ({ engagements: { kind: 'VIEW', atLeast: 1, withinDays: 30 } }),
  'in a part of the venue': () => ({ zone: 2, claims: 20 }),
  'with a holdout': () => ({ holdout: 20, claims: 40 }),
  'the greatest of a group': () => ({ stacking: { group: 'one an order', mode: 'HIGHEST' }, claims: 50 }),
  'another of that group': () => ({
    discount: { kind: 'AMOUNT', amount: 300 },
    stacking: { group: 'one an order', mode: 'HIGHEST' },
  }),
  'all of a group': () => ({ stacking: { group: 'all of them', mode: 'STACKABLE' } }),
  'a draft until midweek': () => ({ draft: true, claims: 30 }),
  'for those on a list': ({ random, members }) => ({ targets: members.filter(() => random.chance(0.4)) }),
};

const NAMES = Object.keys(KINDS);

/** One that begins at an instant and runs for eight days; which kind follows from how many there were. */
export function planCampaign(number: number, partner: string, at: number, around: Surroundings): Plan {
  const kind = NAMES[number % NAMES.length]!;
  return { ...PLAIN, kind, partner, from: at - 3_600_000, until: at + 8 * DAY_MS, ...KINDS[kind]!(around) };
}

export const KIND_COUNT = NAMES.length;

const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/** As its partner says it to the API. Ids are opened by the caller. */
export function toInput(
  plan: Plan,
  name: string,
  ids: { team(key: string): string; zones(place: number): string[] },
): object {
  const { discount, teams, tiers, visits, streak, engagements, hours, zone } = plan;
  const currency = 'USD';
  const given = {
    PERCENT: () => ({ percentOff: (discount as { percent: number }).percent }),
    AMOUNT: () => ({ amountOff: { amount: (discount as { amount: number }).amount, currency } }),
    POINTS: () => ({ pointsBonus: (discount as { points: number }).points }),
  }[discount.kind]();
  // The day before its first: whichever day that is at the venue, the rule finds the first opening itself.
  const from = new Date(plan.from - DAY_MS).toISOString().slice(0, 10);
  return {
    name,
    idempotencyKey: name,
    offer: { title: name, body: `${plan.kind}.`, discount: given },
    budget: {
      ...(plan.claims === null ? {} : { claims: plan.claims }),
      ...(plan.spend === null ? {} : { spend: { amount: plan.spend, currency } }),
    },
    capPerFan: plan.capPerFan,
    holdMinutes: plan.holdMinutes,
    limits: plan.limits,
    validFrom: new Date(plan.from).toISOString(),
    validUntil: new Date(plan.until).toISOString(),
    holdoutPercent: plan.holdout,
    draft: plan.draft,
    segment: {
      ...(teams.length > 0 ? { favoriteTeamIds: teams.map((key) => ids.team(key)) } : {}),
      ...(tiers.length > 0 ? { tiers } : {}),
      ...(visits ? { visits } : {}),
      ...(streak === null ? {} : { streak }),
      ...(engagements ? { engagements } : {}),
    },
    ...(plan.gameStatuses.length > 0 ? { gameStatuses: plan.gameStatuses } : {}),
    ...(hours
      ? {
          hours: [
            {
              start: `${from}T${String(hours.from).padStart(2, '0')}:00:00`,
              recurrence: `FREQ=WEEKLY;BYDAY=${hours.days.map((day) => DAYS[day]).join(',')}`,
              openFor: `PT${hours.lasts}H`,
            },
          ],
        }
      : {}),
    ...(zone === null ? {} : { zoneIds: ids.zones(zone) }),
    ...(plan.stacking ? { stacking: plan.stacking } : {}),
  };
}
