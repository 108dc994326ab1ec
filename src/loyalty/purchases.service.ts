/**
 * Purchases, as a till tells of them, and refunds. A purchase is stored only under HISTORY_PURCHASE, as it is where and
 * when something is bought and when the till tells of it, with the points it earns in the same commit. A refund corrects what is stored, so it needs no consent of its own: it says less about the
 * fan than was kept before, and points that were earned by a thing given back must not stay.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { gateWrite, type ScopedValue } from '../consent/index.ts';
import type { Context } from '../context.ts';
import { readNow } from '../db/sql.ts';
import { AccessError, ConflictError, InputError, NotFoundError } from '../errors.ts';
import { read } from '../input.ts';
import { findGameAt } from '../venues/index.ts';
import { earnByRules, reverseEarnings } from './points.service.ts';
import { Purchase, PurchaseRefund } from './purchase.entity.ts';
import { requireShown, requireTill, takeTurns } from './tills.ts';

const MAX_TOTAL = 1_000_000_000;
const LATE_MS = 7 * 24 * 3_600_000;
const money = z.number().int().min(1).max(MAX_TOTAL);
const key = z.string().min(1).max(200);

const NewPurchase = z.object({
  fanCode: z.string(),
  venueId: z.string().nullable(),
  total: money,
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code, such as USD'),
  at: z.date().nullable(),
  idempotencyKey: key,
});
export type NewPurchase = z.infer<typeof NewPurchase>;

const NewRefund = z.object({ purchaseId: z.string(), amount: money.nullable(), idempotencyKey: key });
export type NewRefund = z.infer<typeof NewRefund>;

export interface Recorded {
  purchase: Purchase;
  pointsEarned: number;
}

const PURCHASE_SCOPES = {
  purchase: { scope: 'HISTORY_PURCHASE', otherwise: 'refuse' },
} as const satisfies Record<string, ScopedValue>;

/** The same key answers with the same purchase. @throws AccessError, ConflictError, ConsentError, InputError. */
export async function recordPurchase(context: Context, input: NewPurchase): Promise<Recorded> {
  const till = requireTill(context.viewer);
  const wanted = read(NewPurchase, input);
  return context.em.transactional(async (em) => {
    const { idempotencyKey, total, currency } = wanted;
    const venueId = wanted.venueId ?? till.venueIds[0]!;
    if (!till.venueIds.includes(venueId)) throw new AccessError('FORBIDDEN', 'That is another venue.');
    await takeTurns(em, till.name, idempotencyKey);
    const repeated = await em.findOne(Purchase, { till: till.name, idempotencyKey });
    if (repeated) return answerAgain(em, repeated, wanted, venueId);
    const fanId = await requireShown(context, em, wanted.fanCode);
    const of = { fanId, venueId, total, currency, till: till.name, idempotencyKey };
    const now = await requireRecent(em, wanted.at);
    return storePurchase(em, { ...of, at: wanted.at ?? now }, wanted.at !== null);
  });
}

/**
 * With the points that it earns, in the caller's transaction; the key must be new to the till.
 * @throws ConsentError without HISTORY_PURCHASE, or without it then where it is told late.
 */
export async function storePurchase(
  em: SqlEntityManager,
  bought: Omit<Purchase, 'id'>,
  isLate = false,
): Promise<Recorded> {
  const { fanId, total: amount, currency } = bought;
  const gameId = await findGameAt(em, bought.venueId, bought.at);
  const of = { fanId, gameId, at: isLate ? bought.at : null };
  await gateWrite(em, of, { purchase: amount }, PURCHASE_SCOPES);
  const purchase = em.create(Purchase, bought);
  await em.flush();
  const reference = referenceOf(purchase);
  return {
    purchase,
    pointsEarned: await earnByRules(em, { ...of, source: 'PURCHASE', reference, amount, currency }),
  };
}

/**
 * All that is left of a purchase, or a part of it: points in proportion to all that was refunded so far.
 * @throws AccessError, ConflictError for more than is left, NotFoundError for a purchase at another venue too.
 */
export async function refundPurchase(context: Context, input: NewRefund): Promise<PurchaseRefund> {
  const till = requireTill(context.viewer);
  const wanted = read(NewRefund, input);
  return context.em.transactional(async (em) => {
    const { purchaseId, idempotencyKey } = wanted;
    await takeTurns(em, till.name, idempotencyKey);
    await em.execute(sql`select 1 from purchase where id = ${purchaseId} for no key update`);
    const purchase = await em.findOne(Purchase, { id: purchaseId });
    if (!purchase || !till.venueIds.includes(purchase.venueId)) throw new NotFoundError('The purchase');
    const repeated = await em.findOne(PurchaseRefund, { till: till.name, idempotencyKey });
    if (repeated) {
      if (repeated.purchaseId === purchaseId && (wanted.amount ?? repeated.amount) === repeated.amount) {
        return repeated;
      }
      throw new ConflictError('IDEMPOTENCY_CONFLICT', 'This key was used for another refund.');
    }
    const before = await sumRefunds(em, purchaseId);
    const amount = wanted.amount ?? purchase.total - before;
    if (amount === 0 || before + amount > purchase.total) {
      throw new ConflictError('INVALID_STATE', 'That is more than is left of this purchase.');
    }
    const pointsTaken = await reverseEarnings(em, {
      source: 'PURCHASE',
      reference: referenceOf(purchase),
      part: before + amount,
      whole: purchase.total,
    });
    const refund = em.create(PurchaseRefund, {
      purchaseId,
      fanId: purchase.fanId,
      amount,
      pointsTaken,
      till: till.name,
      idempotencyKey,
    });
    await em.flush();
    return em.findOneOrFail(PurchaseRefund, { id: refund.id }, { refresh: true });
  });
}

/** The oldest first. */
export const findRefunds = (em: SqlEntityManager, purchaseId: string): Promise<PurchaseRefund[]> =>
  em.find(PurchaseRefund, { purchaseId }, { orderBy: { id: 'asc' } });

/** How much of a purchase was refunded so far. */
async function sumRefunds(em: SqlEntityManager, purchaseId: string): Promise<number> {
  const [row] = await em.execute<{ amount: number }[]>(
    sql`select coalesce(sum(amount), 0)::int as amount from purchase_refund where purchase_id = ${purchaseId}`,
  );
  return row!.amount;
}

const referenceOf = ({ id }: Purchase) => `purchase:${id}`;

/** A fan's code has changed meanwhile, so it is not compared. */
async function answerAgain(
  em: SqlEntityManager,
  purchase: Purchase,
  { total, currency }: NewPurchase,
  venueId: string,
): Promise<Recorded> {
  if (purchase.total !== total || purchase.currency !== currency || purchase.venueId !== venueId) {
    throw new ConflictError('IDEMPOTENCY_CONFLICT', 'This key was used for another purchase.');
  }
  const [row] = await em.execute<{ points: number }[]>(sql`
    select coalesce(sum(points), 0)::int as points from points_entry
    where source = 'PURCHASE' and reference = ${referenceOf(purchase)} and kind = 'EARNED'`);
  return { purchase, pointsEarned: row!.points };
}

/** A till that was offline tells within a week. Answers with now. */
async function requireRecent(em: SqlEntityManager, at: Date | null): Promise<Date> {
  const now = await readNow(em);
  if (at && (at > now || now.getTime() - at.getTime() > LATE_MS)) {
    throw new InputError('at must lie within the last seven days.', 'input.at');
  }
  return now;
}
