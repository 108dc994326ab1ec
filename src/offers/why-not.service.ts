/**
 * Why a fan does not get an offer: what announcing itself would find in their way, were it announced now. The right of
 * access is no matter of consent: it always answers the fan, and nobody else.
 */
import { sql } from '@mikro-orm/postgresql';
import type { Context } from '../context.ts';
import { NotFoundError } from '../errors.ts';
import { requireFan } from '../identity/roles.ts';
import { explainSkips, type WhyNotReason } from './skips.ts';

export interface WhyNot {
  /** Whether an announcement now would reach the fan. */
  readonly eligible: boolean;
  readonly reasons: readonly WhyNotReason[];
}

const NOT_ANNOUNCED_YET: WhyNotReason = {
  code: 'NOT_ANNOUNCED_YET',
  text: 'Nothing stands in the way: you get it when it is announced next.',
  scope: null,
};

/** @throws AccessError for all but fans, NotFoundError for the offer. */
export async function whyNot({ em, viewer }: Context, offerId: string): Promise<WhyNot> {
  const { fanId } = requireFan(viewer);
  const [verdict] = await em.execute<{ missing: number; skips: number }[]>(sql`
    select missing, skips from offer_verdict(${offerId}::bigint, ${fanId}::bigint, app_now())`);
  if (!verdict) throw new NotFoundError('The offer');
  const reasons = explainSkips(verdict.missing, verdict.skips);
  return reasons.length > 0 ? { eligible: false, reasons } : { eligible: true, reasons: [NOT_ANNOUNCED_YET] };
}
