/**
 * Which of several claims an order takes, and what each takes off: of each stacking group all, or the one that its mode
 * names. Every discount is of the whole order. Nothing is redeemed; redeeming holds to no more than one of a group by itself.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import type { Context } from '../../context.ts';
import { arrayOf } from '../../db/sql.ts';
import { InputError, NotFoundError } from '../../errors.ts';
import { requireRole } from '../../identity/roles.ts';
import { read } from '../../input.ts';
import type { StackingMode } from '../campaign.entity.ts';
import { readCode } from './code.ts';

const MOST_CODES = 20;

const Order = z.object({
  codes: z.array(z.string().min(1).max(200)).min(1).max(MOST_CODES),
  orderTotal: z.object({ amount: z.number().int().nonnegative(), currency: z.string().regex(/^[A-Z]{3}$/) }),
});
export type Order = z.infer<typeof Order>;

interface Candidate {
  readonly code: string;
  readonly offerId: string;
  readonly campaignId: string;
  readonly group: string | null;
  readonly mode: StackingMode | null;
  readonly priority: number;
  /** In minor units; points take nothing off. */
  readonly discount: number;
}

export interface Combined {
  readonly code: string;
  readonly offerId: string;
  readonly discount: { amount: number; currency: string };
  readonly applies: boolean;
  /** Of its group; null: it has none, and always applies. */
  readonly mode: StackingMode | null;
}

/** In the order of the codes. @throws NotFoundError for a code that is wrong, spent or of another venue, InputError. */
export async function combineClaims(context: Context, input: Order): Promise<Combined[]> {
  const { venueIds } = requireRole(context.viewer, 'STAFF');
  const { codes, orderTotal } = read(Order, input);
  const sealed = codes.map((code) => {
    const symbols = readCode(code);
    if (!symbols) throw new NotFoundError('The code');
    return context.claimCodes.seal(symbols);
  });
  if (new Set(sealed).size < sealed.length) throw new InputError('A code is named twice.', 'codes');
  const candidates = await findCandidates(context.em, sealed, venueIds, orderTotal);
  const chosen = choose(candidates);
  return candidates.map((candidate) => ({
    code: codes[sealed.indexOf(candidate.code)]!,
    offerId: candidate.offerId,
    discount: { amount: candidate.discount, currency: orderTotal.currency },
    applies: chosen.has(candidate),
    mode: candidate.mode,
  }));
}

async function findCandidates(
  em: SqlEntityManager,
  sealed: readonly string[],
  venueIds: readonly string[],
  { amount, currency }: Order['orderTotal'],
): Promise<Candidate[]> {
  const rows = await em.execute<(Candidate & { currency: string | null })[]>(sql`
    select q.code, o.id as "offerId", c.id as "campaignId", c.partner_id || '|' || c.stacking_group as "group",
      c.stacking_mode as mode, c.priority, o.discount->>'currency' as currency,
      coalesce(discount_on(o.discount, ${amount}::bigint), 0)::int as discount
    from unnest(${arrayOf(sealed)}::text[]) with ordinality as q (code, place)
    join claim on claim.code = q.code and claim.venue_id = any (${arrayOf(venueIds)}::bigint[])
      and claim.state <> 'REDEEMED' and claim.expires_at > app_now()
    join campaign c on c.id = claim.campaign_id
    join offer o on o.id = claim.offer_id
    order by q.place`);
  if (rows.length < sealed.length) throw new NotFoundError('The code');
  if (rows.some((row) => row.currency !== null && row.currency !== currency)) {
    throw new InputError('The order is in another currency than an offer.', 'orderTotal.currency');
  }
  return rows;
}

function choose(candidates: readonly Candidate[]): Set<Candidate> {
  const chosen = new Set<Candidate>();
  for (const [group, members] of Map.groupBy(candidates, (candidate) => candidate.group)) {
    const { mode } = members[0]!;
    const taken = group === null || mode === 'STACKABLE' ? members : [...members].sort(BEFORE[mode!]).slice(0, 1);
    for (const candidate of taken) chosen.add(candidate);
  }
  return chosen;
}

/** Of two that are alike in this, the older campaign's comes first. */
const byAge = (a: Candidate, b: Candidate) => Number(BigInt(a.campaignId) - BigInt(b.campaignId));
const BEFORE: Readonly<Record<Exclude<StackingMode, 'STACKABLE'>, (a: Candidate, b: Candidate) => number>> = {
  LIST_ORDER: (a, b) => b.priority - a.priority || byAge(a, b),
  LOWEST: (a, b) => a.discount - b.discount || byAge(a, b),
  HIGHEST: (a, b) => b.discount - a.discount || byAge(a, b),
};
