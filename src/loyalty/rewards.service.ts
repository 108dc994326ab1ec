/**
 * Rewards as contracts. Issuing one sets its points aside and takes one from the stock, in one commit: no point is
 * spent twice, and no reward is given that is not there. Honoring it burns the points; returning it, honored or not,
 * gives points and stock back. Without LOYALTY nothing is issued; what was issued is honored all the same.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { gateWrite, type ScopedValue } from '../consent/index.ts';
import type { Context } from '../context.ts';
import { readNow } from '../db/sql.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { requireFan } from '../identity/roles.ts';
import { read } from '../input.ts';
import { Reward, RewardRedemption, statusOf } from './reward.entity.ts';
import { readRewardCode } from './reward-codes.ts';
import { requireTill, takeTurns } from './tills.ts';

const key = z.string().min(1).max(200);
const Wish = z.object({ rewardId: z.string(), idempotencyKey: key });
const Shown = z.object({ rewardCode: z.string(), idempotencyKey: key });
export type ShownCode = z.infer<typeof Shown>;

const REWARD_SCOPES = {
  points: { scope: 'LOYALTY', otherwise: 'refuse' },
} as const satisfies Record<string, ScopedValue>;

/** The same key answers with the same contract. @throws ConflictError, ConsentError, NotFoundError. */
export async function redeemReward(context: Context, input: z.infer<typeof Wish>): Promise<RewardRedemption> {
  const { fanId } = requireFan(context.viewer);
  const { rewardId, idempotencyKey } = read(Wish, input);
  return context.em.transactional(async (em) => {
    await takeTurns(em, `fan:${fanId}`, idempotencyKey);
    const repeated = await em.findOne(RewardRedemption, { fanId, idempotencyKey });
    if (repeated?.rewardId === rewardId) return repeated;
    if (repeated) throw new ConflictError('IDEMPOTENCY_CONFLICT', 'This key was used for another reward.');
    const reward = await em.findOne(Reward, { id: rewardId });
    if (!reward) throw new NotFoundError('The reward');
    await gateWrite(em, { fanId, gameId: null }, { points: reward.points }, REWARD_SCOPES);
    const [row] = await em.execute<{ id: string }[]>(sql`
      insert into reward_redemption (fan_id, reward_id, points, idempotency_key)
      values (${fanId}, ${rewardId}, ${reward.points}, ${idempotencyKey}) returning id`);
    const [held] = await em.execute<{ ok: boolean }[]>(
      sql`select points_hold(${fanId}, 'REWARD', ${referenceOf(row!)}, ${reward.points}) as ok`,
    );
    if (!held!.ok) throw new ConflictError('INVALID_STATE', 'There are not enough points.');
    await takeFromStock(em, rewardId);
    return em.findOneOrFail(RewardRedemption, { id: row!.id });
  });
}

/** Staff hand the reward over. The same key answers the same. @throws AccessError, ConflictError, NotFoundError. */
export function honorReward(context: Context, input: ShownCode): Promise<RewardRedemption> {
  return settle(context, input, 'redeemed', async (em, redemption) => {
    if (statusOf(redemption) !== 'ISSUED') {
      throw new ConflictError('INVALID_STATE', 'This reward was handed over, or returned.');
    }
    await em.execute(sql`select points_spend_held(${redemption.fanId}, 'REWARD', ${referenceOf(redemption)})`);
  });
}

/** Staff take it back, or it is not wanted any more. @throws AccessError, ConflictError, NotFoundError. */
export function returnReward(context: Context, input: ShownCode): Promise<RewardRedemption> {
  return settle(context, input, 'returned', async (em, redemption) => {
    if (redemption.returnedAt) throw new ConflictError('INVALID_STATE', 'This reward was returned already.');
    await em.execute(sql`select points_give_back(${redemption.fanId}, 'REWARD', ${referenceOf(redemption)})`);
    await em.execute(sql`update reward set issued = issued - 1 where id = ${redemption.rewardId}`);
  });
}

/** One till takes one step, once. */
async function settle(
  context: Context,
  input: ShownCode,
  step: 'redeemed' | 'returned',
  work: (em: SqlEntityManager, redemption: RewardRedemption) => Promise<void>,
): Promise<RewardRedemption> {
  const till = requireTill(context.viewer);
  const { rewardCode, idempotencyKey } = read(Shown, input);
  const id = readRewardCode(context.codes, rewardCode);
  return context.em.transactional(async (em) => {
    await takeTurns(em, till.name, idempotencyKey);
    const [found] = id ? await em.execute(sql`select 1 from reward_redemption where id = ${id} for no key update`) : [];
    if (!id || !found) throw new NotFoundError('The reward');
    const redemption = await em.findOneOrFail(RewardRedemption, { id });
    const done = { [`${step}By`]: till.name, [`${step}Key`]: idempotencyKey };
    const repeated = await em.findOne(RewardRedemption, done);
    if (repeated?.id === id) return repeated;
    if (repeated) throw new ConflictError('IDEMPOTENCY_CONFLICT', 'This key was used for another reward.');
    await work(em, redemption);
    em.assign(redemption, { ...done, [`${step}At`]: await readNow(em) } as Partial<RewardRedemption>);
    await em.flush();
    return redemption;
  });
}

async function takeFromStock(em: SqlEntityManager, rewardId: string): Promise<void> {
  const taken = await em.execute(sql`
    update reward set issued = issued + 1
    where id = ${rewardId} and (stock is null or issued < stock)
      and available_from <= app_now() and coalesce(available_until > app_now(), true)
    returning id`);
  if (taken.length === 0) throw new ConflictError('INVALID_STATE', 'This reward is not available any more.');
}

const referenceOf = ({ id }: { id: string }) => `reward:${id}`;
