/** The loyalty program by the operator's hand: how refunds and tiers work, tiers, earning rules, rewards. Setting is safe to repeat. */
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { read } from '../input.ts';
import { EarningRule, LoyaltyProgram, REFUND_POLICIES, Tier } from './program.entity.ts';
import { Reward } from './reward.entity.ts';

const MOST = 1_000_000_000;
const code = z.string().regex(/^[\w-]{1,40}$/, 'must have 1 to 40 letters, digits, - or _');
const name = z.string().trim().min(1).max(200);
const count = z.coerce.number().int().min(1).max(MOST);
const days = z.coerce.number().int().min(0).max(36_500);
const currency = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code, such as USD');

const Program = z.object({
  refundPolicy: z.enum(REFUND_POLICIES).optional(),
  qualification: z.enum(['ROLLING', 'SEASON']).optional(),
  qualificationDays: count.max(36_500).optional(),
  seasonMonth: count.max(12).optional(),
  seasonDay: count.max(28).optional(),
  timeZone: z.string().refine(isTimeZone, 'must be an IANA time zone, such as America/New_York').optional(),
  lifeDays: count.max(36_500).nullish(),
});
const NewTier = z.object({ code, name, points: z.coerce.number().int().min(0).max(MOST) });
const NewReward = z.object({ code, title: name, points: count, stock: count.nullish().default(null) });
const Rule = z
  .object({
    code,
    source: z.enum(['ATTENDANCE', 'STREAK', 'PURCHASE', 'ENGAGEMENT']),
    action: z.enum(['VIEW', 'CLICK']).nullish().default(null),
    points: count,
    perAmount: count.nullish().default(null),
    currency: currency.nullish().default(null),
    every: count.nullish().default(null),
    capPoints: count.nullish().default(null),
    capPeriod: z.enum(['DAY', 'WEEK', 'MONTH', 'YEAR', 'SEASON', 'EVER']).nullish().default(null),
    pendingDays: days.default(0),
    lifeDays: days.nullish().default(null),
  })
  .refine(({ source, perAmount, currency: of }) => source === 'PURCHASE' || (!perAmount && !of), {
    message: 'Only a purchase has an amount.',
    path: ['perAmount'],
  })
  .refine(({ source, action }) => source === 'ENGAGEMENT' || !action, {
    message: 'Only an engagement is an action.',
    path: ['action'],
  })
  .refine(({ source, every }) => source === 'STREAK' || !every, {
    message: 'Only of a streak does every so many count.',
    path: ['every'],
  })
  .refine(({ perAmount, currency: of }) => !perAmount || of, {
    message: 'An amount is in a currency.',
    path: ['currency'],
  })
  .refine(({ capPoints, capPeriod }) => Boolean(capPoints) === Boolean(capPeriod), {
    message: 'A cap is so many points in a period.',
    path: ['capPeriod'],
  })
  .refine(({ pendingDays, lifeDays }) => !lifeDays || lifeDays > pendingDays, {
    message: 'Points must outlive the days for which they are pending.',
    path: ['lifeDays'],
  });

/** What is left out stays as it is. */
export async function setProgram(em: SqlEntityManager, input: z.input<typeof Program>): Promise<void> {
  const program = read(Program, input);
  await em.nativeUpdate(LoyaltyProgram, { id: 1 }, program);
}

/** By its code. The tier that takes no points is everybody's. */
export async function setTier(em: SqlEntityManager, input: z.input<typeof NewTier>): Promise<void> {
  await em.upsert(Tier, read(NewTier, input), { onConflictFields: ['code'] });
}

/** By its code. What was earned by it stays as it was earned. */
export async function setEarningRule(em: SqlEntityManager, input: z.input<typeof Rule>): Promise<void> {
  await em.upsert(EarningRule, read(Rule, input), { onConflictFields: ['code'] });
}

/** By its code. A price counts for whoever takes it from then on. */
export async function setReward(em: SqlEntityManager, input: z.input<typeof NewReward>): Promise<void> {
  await em.upsert(Reward, read(NewReward, input), { onConflictFields: ['code'] });
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }) !== null;
  } catch {
    return false;
  }
}
