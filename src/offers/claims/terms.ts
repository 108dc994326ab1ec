/** On what terms a campaign's offer is claimed: how long a claim holds, and how often it may be done. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { ClaimLimit, LIMIT_KEYS, LIMIT_PERIODS, LIMITED_ACTIONS } from './claim.entity.ts';

const DAY_MINUTES = 24 * 60;

export const ClaimTerms = z.object({
  /** A hold ends with the campaign at the latest. */
  holdMinutes: z
    .number()
    .int()
    .min(1)
    .max(90 * DAY_MINUTES)
    .default(DAY_MINUTES),
  limits: z
    .array(
      z.object({
        action: z.enum(LIMITED_ACTIONS),
        period: z.enum(LIMIT_PERIODS),
        per: z.array(z.enum(LIMIT_KEYS)).min(1).max(LIMIT_KEYS.length),
        atMost: z.number().int().min(1).max(1_000_000),
      }),
    )
    .max(20)
    .default([]),
});
export type ClaimTerms = z.infer<typeof ClaimTerms>;

/** In the transaction that creates the campaign; the database has opened its book. */
export async function setClaimTerms(
  em: SqlEntityManager,
  campaignId: string,
  { holdMinutes, limits }: ClaimTerms,
): Promise<void> {
  await em.execute(sql`update campaign_book set hold_seconds = ${holdMinutes * 60} where campaign_id = ${campaignId}`);
  for (const limit of limits) em.create(ClaimLimit, { ...limit, campaignId } as never);
  await em.flush();
}
