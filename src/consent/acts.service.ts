/** A fan's two acts: each one commit, then the nodes are told to forget what they knew of the fan, and the ledger woken. */
import { sql } from '@mikro-orm/postgresql';
import { type Context, consentChanged } from '../context.ts';
import { NotFoundError } from '../errors.ts';
import {
  type ActOfGranting,
  type ActOfWithdrawing,
  type Granted,
  grantScopes,
  type Withdrawn,
  withdrawScopes,
} from './grants.service.ts';
import { requireCurrentPolicy } from './policy.service.ts';

export type GrantConsent = Omit<ActOfGranting, 'fanId' | 'policyOrdinal'> & { policyVersion: string };

/** @throws ConsentError POLICY_OUTDATED, NotFoundError for the recipient or game, InputError, ConflictError. */
export async function grantConsent(context: Context, fanId: string, input: GrantConsent): Promise<Granted> {
  const { policyVersion, ...act } = input;
  const granted = await context.em.transactional(async (em) => {
    const policy = await requireCurrentPolicy(em, policyVersion);
    if (act.recipientId) {
      const rows = await em.execute(sql`select 1 from partner where id = ${act.recipientId}`);
      if (rows.length === 0) throw new NotFoundError('The recipient');
    }
    return grantScopes(em, { ...act, fanId, policyOrdinal: policy.ordinal }, context.ledger.sealer);
  });
  consentChanged(context, fanId);
  context.ledger.wake();
  return granted;
}

/** Withdrawing what was never granted is no error: the outcome is what was asked for. */
export async function withdrawConsent(
  context: Context,
  fanId: string,
  input: Omit<ActOfWithdrawing, 'fanId'>,
): Promise<Withdrawn> {
  const withdrawn = await withdrawScopes(context.em, { ...input, fanId }, context.ledger.sealer);
  consentChanged(context, fanId);
  context.ledger.wake();
  return withdrawn;
}
