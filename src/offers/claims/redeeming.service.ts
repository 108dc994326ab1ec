/**
 * Staff honour a claim by its code, or take that back. Each is one SQL function call that commits by itself; where points
 * go with it, they are earned or taken back in the same commit.
 */
import { createHash } from 'node:crypto';
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import type { Context } from '../../context.ts';
import { sayIfUnknown } from '../../db/outcome.ts';
import { arrayOf, readNow } from '../../db/sql.ts';
import { ConflictError, InputError, NotFoundError } from '../../errors.ts';
import { requireRole } from '../../identity/roles.ts';
import { read } from '../../input.ts';
import { earnPoints, reverseEarnings } from '../../loyalty/index.ts';
import { readCode } from './code.ts';
import { Redemption } from './redemption.entity.ts';

/** How late a scan may arrive that was made offline. */
const LATEST_MS = 24 * 3_600_000;

const key = z.string().min(1).max(200);
const Scan = z.object({
  code: z.string().min(1).max(200),
  idempotencyKey: key,
  orderTotal: z
    .object({ amount: z.number().int().nonnegative(), currency: z.string().regex(/^[A-Z]{3}$/, 'must be ISO 4217') })
    .nullable(),
  at: z.date().nullable(),
  orderId: z.string().min(1).max(200).nullable(),
});
export type Scan = z.infer<typeof Scan>;

const Rollback = z.object({ redemptionId: z.string(), idempotencyKey: key });
export type Rollback = z.infer<typeof Rollback>;

type Refusal =
  | 'NOT_FOUND'
  | 'KEY_CONFLICT'
  | 'ALREADY'
  | 'EXPIRED'
  | 'LIMIT'
  | 'SOLD_OUT'
  | 'TOTAL_NEEDED'
  | 'ORDER_NEEDED'
  | 'STACKING'
  | 'CURRENCY';

/**
 * The same key answers with the same redemption. A code that is wrong, and one of another venue, are both not found.
 * @throws NotFoundError, InputError, ConflictError INVALID_STATE or IDEMPOTENCY_CONFLICT, ServiceError OUTCOME_UNKNOWN:
 * asking again with the key is safe.
 */
export async function redeemClaim(context: Context, input: Scan): Promise<Redemption> {
  const { subject, venueIds } = requireRole(context.viewer, 'STAFF');
  const scan = read(Scan, input);
  await requireRecent(context.em, scan.at);
  const code = readCode(scan.code);
  if (!code) throw new NotFoundError('The code');
  const sealed = context.claimCodes.seal(code);
  const hash = createHash('sha256')
    .update(JSON.stringify([sealed, scan.orderTotal, scan.at, ...(scan.orderId === null ? [] : [scan.orderId])]))
    .digest('base64url');
  const redeem = async (em: SqlEntityManager): Promise<Outcome> => {
    const [row] = await em.execute<Outcome[]>(sql`
      select outcome, redemption_id, fan_id from redeem_claim(${sealed}, ${arrayOf(venueIds)}::bigint[], ${subject},
        ${scan.idempotencyKey}, ${hash}, ${scan.orderTotal?.amount ?? null}::bigint,
        ${scan.orderTotal?.currency ?? null}, ${scan.at?.toISOString() ?? null}::timestamptz,
        ${scan.orderId})`);
    return row!;
  };
  const points = await findPoints(context.em, sealed);
  const redeemed =
    points === 0 ? redeem(context.em) : context.em.transactional((em) => earning(em, redeem, points, scan.at));
  const { outcome, redemption_id: id } = await redeemed.catch(sayIfUnknown);
  if (outcome !== 'REDEEMED') throw refusal(outcome);
  context.live.wake();
  return context.em.findOneOrFail(Redemption, { id: id! });
}

interface Outcome {
  outcome: 'REDEEMED' | Refusal;
  redemption_id: string | null;
  /** Where it is new. */
  fan_id: string | null;
}

/** The points that a claim's offer gives; they take a longer way, on which the campaign's book is held for longer. */
async function findPoints(em: SqlEntityManager, sealedCode: string): Promise<number> {
  const [row] = await em.execute<{ points: number | null }[]>(sql`
    select (o.discount->>'points')::int as points from claim c join offer o on o.id = c.offer_id
    where c.code = ${sealedCode}`);
  return row?.points ?? 0;
}

const referenceOf = (redemptionId: string) => ({ source: 'OFFER', reference: `redemption:${redemptionId}` }) as const;

async function earning(
  em: SqlEntityManager,
  redeem: (em: SqlEntityManager) => Promise<Outcome>,
  points: number,
  at: Date | null,
): Promise<Outcome> {
  const redeemed = await redeem(em);
  const { fan_id: fanId, redemption_id: id } = redeemed;
  if (!fanId || !id) return redeemed;
  const [game] = await em.execute<{ game_id: string }[]>(sql`select game_id from redemption where id = ${id}`);
  const earned = await earnPoints(em, { fanId, gameId: game!.game_id, at, points, ...referenceOf(id) });
  await em.execute(sql`update redemption set points = ${earned} where id = ${id}`);
  return redeemed;
}

/**
 * Gives slot and money back, once. The same key answers with the same redemption.
 * @throws NotFoundError, ConflictError INVALID_STATE or IDEMPOTENCY_CONFLICT, ServiceError OUTCOME_UNKNOWN.
 */
export async function rollBackRedemption(context: Context, input: Rollback): Promise<Redemption> {
  const { subject, venueIds } = requireRole(context.viewer, 'STAFF');
  const { redemptionId, idempotencyKey } = read(Rollback, input);
  const rollBack = async (em: SqlEntityManager) => {
    const [row] = await em.execute<{ outcome: 'ROLLED_BACK' | 'NOT_FOUND' | 'KEY_CONFLICT' | 'ALREADY' }[]>(sql`
      select outcome from roll_back_redemption(${redemptionId}::bigint, ${arrayOf(venueIds)}::bigint[], ${subject},
        ${idempotencyKey})`);
    return row!.outcome;
  };
  const earned = await context.em.execute(sql`select 1 from redemption where id = ${redemptionId} and points > 0`);
  const rolledBack =
    earned.length === 0
      ? rollBack(context.em)
      : context.em.transactional(async (em) => {
          const outcome = await rollBack(em);
          if (outcome === 'ROLLED_BACK') await reverseEarnings(em, referenceOf(redemptionId));
          return outcome;
        });
  switch (await rolledBack.catch(sayIfUnknown)) {
    case 'ROLLED_BACK':
      return context.em.findOneOrFail(Redemption, { id: redemptionId });
    case 'NOT_FOUND':
      throw new NotFoundError('The redemption');
    case 'KEY_CONFLICT':
      throw new ConflictError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used with another redemption.');
    case 'ALREADY':
      throw new ConflictError('INVALID_STATE', 'The redemption has been rolled back already.');
  }
}

async function requireRecent(em: SqlEntityManager, at: Date | null): Promise<void> {
  if (!at) return;
  const late = (await readNow(em)).getTime() - at.getTime();
  if (late < 0 || late > LATEST_MS) throw new InputError('at must lie within the last 24 hours.', 'input.at');
}

function refusal(outcome: Refusal): Error {
  switch (outcome) {
    case 'NOT_FOUND':
      return new NotFoundError('The code');
    case 'KEY_CONFLICT':
      return new ConflictError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used with another redemption.');
    case 'ALREADY':
      return new ConflictError('INVALID_STATE', 'The claim has been redeemed.');
    case 'EXPIRED':
      return new ConflictError('INVALID_STATE', 'The claim was not valid at that time.');
    case 'LIMIT':
      return new ConflictError('INVALID_STATE', 'This offer may not be redeemed that often.');
    case 'SOLD_OUT':
      return new ConflictError('INVALID_STATE', "The campaign's budget has no room for it any more.");
    case 'TOTAL_NEEDED':
      return new InputError('What the order comes to is needed: the discount is a part of it.', 'input.orderTotal');
    case 'ORDER_NEEDED':
      return new InputError('The order is needed: it takes one offer of this group.', 'input.orderId');
    case 'STACKING':
      return new ConflictError('INVALID_STATE', 'The order has taken another offer of this group.');
    case 'CURRENCY':
      return new InputError('The order is in another currency than the offer.', 'input.orderTotal.currency');
  }
}
