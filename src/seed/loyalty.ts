/** The demo's loyalty program: four tiers, what is earned by what, and what points are good for. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { setEarningRule, setProgram, setReward, setTier } from '../loyalty/index.ts';
import { FENWAY } from './fenway.ts';

const TIERS = [
  { code: 'SINGLE', name: 'Single', points: 250 },
  { code: 'DOUBLE', name: 'Double', points: 1_000 },
  { code: 'HOMER', name: 'Home run', points: 3_000 },
];

const A_WEEK = { pendingDays: 7, lifeDays: 730 };
const RULES = [
  { code: 'gate', source: 'ATTENDANCE', points: 100, lifeDays: 730 },
  { code: 'homestand', source: 'STREAK', points: 150, every: 3, lifeDays: 730 },
  { code: 'dollar', source: 'PURCHASE', points: 1, perAmount: 100, currency: 'USD', ...A_WEEK },
  { code: 'look', source: 'ENGAGEMENT', action: 'VIEW', points: 2, capPoints: 10, capPeriod: 'DAY', lifeDays: 365 },
] as const;

const REWARDS = [
  { code: 'pretzel', title: 'A warm pretzel', points: 150, stock: null },
  { code: 'cap', title: 'A cap of your team', points: 900, stock: 200 },
  { code: 'batting-practice', title: 'Batting practice, from the field', points: 2_500, stock: 20 },
];

/** Once: what the operator makes of it later stays. */
export async function sowLoyalty(em: SqlEntityManager): Promise<void> {
  const sown = await em.execute(sql`select 1 from reward limit 1`);
  if (sown.length > 0) return;
  await setProgram(em, { timeZone: FENWAY.timeZone });
  for (const tier of TIERS) await setTier(em, tier);
  for (const rule of RULES) await setEarningRule(em, rule);
  for (const reward of REWARDS) await setReward(em, reward);
}
