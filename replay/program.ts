/** What the operator of the replay offers: short lives, so that points are confirmed and expire within one season. */
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from '@mikro-orm/postgresql';
import { setEarningRule, setProgram, setReward, setTier } from '../src/loyalty/index.ts';
import { setContactPolicy } from '../src/offers/index.ts';
import type { Contact } from './oracle/audience.ts';
import type { Program } from './oracle/points.ts';

export const PROGRAM: Program = {
  timeZone: 'America/New_York',
  qualificationDays: 60,
  lifeDays: 45,
  tiers: [
    { code: 'MEMBER', points: 0 },
    { code: 'SINGLE', points: 100 },
    { code: 'DOUBLE', points: 300 },
    { code: 'HOMER', points: 800 },
  ],
  rules: [
    { code: 'gate', source: 'ATTENDANCE', points: 100, lifeDays: 90 },
    { code: 'homestand', source: 'STREAK', points: 60, every: 2, lifeDays: 40 },
    { code: 'dollar', source: 'PURCHASE', points: 1, perAmount: 100, pendingDays: 7, lifeDays: 60 },
    { code: 'look', source: 'ENGAGEMENT', action: 'VIEW', points: 4, capPerDay: 6, lifeDays: 30 },
    { code: 'open', source: 'ENGAGEMENT', action: 'CLICK', points: 6, capPerDay: 8, lifeDays: 30 },
  ],
  rewards: [
    { code: 'pretzel', points: 60, stock: null },
    { code: 'cap', points: 200, stock: 300 },
    { code: 'batting-practice', points: 600, stock: 20 },
  ],
};

export const CONTACT: Contact = { perGame: 3, quietMinutes: 60 };

export const PARTNERS = ['bakery', 'brewery', 'bank', 'airline', 'grocer', 'garage'] as const;

export async function layOutProgram(em: SqlEntityManager): Promise<void> {
  const { timeZone, qualificationDays, lifeDays, tiers, rules, rewards } = PROGRAM;
  await setProgram(em, {
    timeZone,
    qualification: 'ROLLING',
    qualificationDays,
    lifeDays,
    refundPolicy: 'WITHIN_BALANCE',
  });
  for (const tier of tiers) await setTier(em, { ...tier, name: tier.code });
  for (const { capPerDay, ...rule } of rules) {
    const capped = capPerDay ? { capPoints: capPerDay, capPeriod: 'DAY' as const } : {};
    await setEarningRule(em, { ...rule, ...capped, ...(rule.perAmount ? { currency: 'USD' } : {}) });
  }
  for (const reward of rewards) await setReward(em, { ...reward, title: reward.code });
  for (const code of PARTNERS) await em.execute(sql`insert into partner (code, name) values (${code}, ${code})`);
  await setContactPolicy(em, CONTACT);
}
