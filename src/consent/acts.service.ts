/**
 * Granting and withdrawing, by a fan or their guardian: each one commit, with its entry in the ledger. After a grant the
 * nodes are told to forget what they knew of the fan; a withdrawal waits until they have.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { actRecorded, type Context, consentChanged, consentEnded } from '../context.ts';
import { NotFoundError } from '../errors.ts';
import {
  type ActOfGranting,
  type ActOfWithdrawing,
  findGrants,
  type Granted,
  type GrantRow,
  grantScopes,
  withdrawScopes,
} from './grants.service.ts';
import type { Passed } from './lease/barrier.ts';
import type { Receipt } from './ledger/index.ts';
import { requireMayGive, requireMayTakeAway } from './on-behalf.ts';
import { requireCurrentPolicy } from './policy.service.ts';

export type GrantConsent = Omit<ActOfGranting, 'fanId' | 'policyOrdinal'> & { policyVersion: string };

/** @throws ConsentError POLICY_OUTDATED, AccessError, NotFoundError for recipient, game or ward, InputError, ConflictError. */
export async function grantConsent(context: Context, fanId: string, input: GrantConsent): Promise<Granted> {
  const { policyVersion, ...act } = input;
  const granted = await context.em.transactional(async (em) => {
    await requireMayGive(em, context.viewer, { fanId, recipientId: act.recipientId });
    const policy = await requireCurrentPolicy(em, policyVersion);
    await requireRecipient(em, act.recipientId);
    return grantScopes(em, { ...act, fanId, policyOrdinal: policy.ordinal }, context.ledger.sealer);
  });
  consentChanged(context, fanId);
  actRecorded(context);
  return granted;
}

export interface Withdrawal {
  withdrawn: GrantRow[];
  receipt: Receipt;
  barrier: Passed;
}

/**
 * One statement, committed by itself; it returns when it has taken effect on every node. Withdrawing what was never
 * granted is no error: the outcome is what was asked for.
 * @throws InputError, NotFoundError for recipient or ward, ServiceError OUTCOME_UNKNOWN when the commit's answer was lost: asking again is safe.
 */
export async function withdrawConsent(
  context: Context,
  fanId: string,
  input: Omit<ActOfWithdrawing, 'fanId'>,
): Promise<Withdrawal> {
  await requireMayTakeAway(context.em, context.viewer, fanId);
  await requireRecipient(context.em, input.recipientId);
  const { keys, receipt } = await withdrawScopes(context.em, { ...input, fanId }, context.ledger.sealer);
  actRecorded(context);
  const barrier = await consentEnded(context, fanId);
  return { withdrawn: await findGrants(context.em, fanId, keys), receipt, barrier };
}

/** Null is the operator. */
async function requireRecipient(em: SqlEntityManager, partnerId: string | null): Promise<void> {
  if (partnerId === null) return;
  const rows = await em.execute(sql`select 1 from partner where id = ${partnerId}`);
  if (rows.length === 0) throw new NotFoundError('The recipient');
}
