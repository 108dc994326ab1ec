/**
 * What a partner is told of its campaign in numbers. While it lives they are rounded down to tens and counted every five
 * minutes; once it has ended they are exact. Nothing is told while fewer were announced than the audience minimum.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { AUDIENCE_MINIMUM, roundDown } from '../buckets.ts';
import type { Campaign } from '../campaign.entity.ts';
import { difference } from './proportions.ts';

/** Null below the minimum. */
export interface Funnel {
  announced: number | null;
  viewed: number | null;
  clicked: number | null;
  claimed: number | null;
  redeemed: number | null;
  suppressed: boolean;
}
export interface BudgetUse {
  claims: { limit: number; used: number | null } | null;
  /** In minor units. */
  spend: { limit: number; used: number | null; currency: string } | null;
}

interface Counted {
  settled: boolean;
  announced: number;
  viewed: number;
  clicked: number;
  claimed: number;
  redeemed: number;
  claims_used: number;
  money_used: string;
}

const STEPS = ['announced', 'viewed', 'clicked', 'claimed', 'redeemed'] as const;

export async function findFunnel(em: SqlEntityManager, campaign: Campaign): Promise<Funnel> {
  const counted = await count(em, campaign);
  const suppressed = counted.announced < AUDIENCE_MINIMUM;
  const shown = STEPS.map((step) => {
    const value = counted.settled ? counted[step] : roundDown(counted[step]);
    return [step, suppressed ? null : value];
  });
  return { ...(Object.fromEntries(shown) as Omit<Funnel, 'suppressed'>), suppressed };
}

/**
 * Money in use would tell the number of claims to the last one. So while the campaign lives it is told as what that many
 * claims come to on the average.
 */
export async function findBudgetUse(em: SqlEntityManager, campaign: Campaign): Promise<BudgetUse> {
  const { claims, spend } = campaign.budget;
  if (claims === undefined && spend === undefined) return { claims: null, spend: null };
  const counted = await count(em, campaign);
  const suppressed = counted.announced < AUDIENCE_MINIMUM;
  const [used, money] = [counted.claims_used, Number(counted.money_used)];
  const bucket = roundDown(used);
  const average = used === 0 ? 0 : roundDown((money * bucket) / used);
  return {
    claims: claims === undefined ? null : { limit: claims, used: suppressed ? null : counted.settled ? used : bucket },
    spend:
      (spend && {
        limit: spend.amount,
        used: suppressed ? null : counted.settled ? money : average,
        currency: spend.currency,
      }) ||
      null,
  };
}

/** Shares of fans who bought something, between 0 and 1. Null until the end, and below the minimum in either group. */
export interface Uplift {
  told: number | null;
  heldOut: number | null;
  difference: number | null;
  low: number | null;
  high: number | null;
  suppressed: boolean;
}

const SUPPRESSED: Uplift = { told: null, heldOut: null, difference: null, low: null, high: null, suppressed: true };

interface Compared {
  told: number | null;
  told_buying: number;
  held_out: number;
  held_out_buying: number;
}

export async function findUplift(em: SqlEntityManager, { id }: Campaign): Promise<Uplift> {
  const [row] = await em.execute<Compared[]>(sql`select (u).* from campaign_uplift(${id}::bigint) u`);
  if (!row || row.told === null || row.told < AUDIENCE_MINIMUM || row.held_out < AUDIENCE_MINIMUM) return SUPPRESSED;
  const [told, heldOut] = [
    { of: row.told, hits: row.told_buying },
    { of: row.held_out, hits: row.held_out_buying },
  ];
  return {
    told: told.hits / told.of,
    heldOut: heldOut.hits / heldOut.of,
    ...difference(told, heldOut),
    suppressed: false,
  };
}

async function count(em: SqlEntityManager, { id }: Campaign): Promise<Counted> {
  const [row] = await em.execute<Counted[]>(sql`select * from campaign_funnel_at(${id}::bigint)`);
  return row!;
}
