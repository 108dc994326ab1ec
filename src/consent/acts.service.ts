/**
 * Granting and withdrawing, by a fan or their guardian, each one commit. After a grant the nodes are told to forget what
 * they knew of the fan; a withdrawal waits until they have.
 */
import { sql } from '@mikro-orm/postgresql';
import { type Context, consentChanged, consentEnded } from '../context.ts';
import { sayIfUnknown } from '../db/outcome.ts';
import { NotFoundError } from '../errors.ts';
import { type ActOfGranting, findGrants, type GrantRow, grantScopes, withdrawScopes } from './grants.service.ts';
import type { Passed } from './lease/barrier.ts';
import { requireMayGive, requireMayTakeAway } from './on-behalf.ts';
import { requireCurrentPolicy } from './policy.service.ts';
import type { ConsentScope } from './scopes.ts';

export type GrantConsent = Omit<ActOfGranting, 'fanId' | 'policyOrdinal'> & { policyVersion: string };

/** @throws ConsentError POLICY_OUTDATED, AccessError, NotFoundError for recipient, game or ward, InputError, ConflictError. */
export async function grantConsent(context: Context, fanId: string, input: GrantConsent): Promise<GrantRow[]> {
  const { policyVersion, ...act } = input;
  const grants = await context.em.transactional(async (em) => {
    await requireMayGive(em, context.viewer, { fanId, recipientId: act.recipientId });
    const policy = await requireCurrentPolicy(em, policyVersion);
    if (act.recipientId) {
      const rows = await em.execute(sql`select 1 from partner where id = ${act.recipientId}`);
      if (rows.length === 0) throw new NotFoundError('The recipient');
    }
    return grantScopes(em, { ...act, fanId, policyOrdinal: policy.ordinal });
  });
  consentChanged(context, fanId);
  return grants;
}

export interface Withdrawal {
  withdrawn: GrantRow[];
  barrier: Passed;
}

/**
 * One statement, committed by itself; it returns when it has taken effect on every node. Withdrawing what was never
 * granted is no error: the outcome is what was asked for.
 * @throws InputError, ServiceError OUTCOME_UNKNOWN when the commit's answer was lost: asking again is safe.
 */
export async function withdrawConsent(
  context: Context,
  fanId: string,
  input: { scopes: readonly ConsentScope[]; recipientId: string | null; erase: boolean },
): Promise<Withdrawal> {
  await requireMayTakeAway(context.em, context.viewer, fanId);
  const keys = await withdrawScopes(context.em, { ...input, fanId }).catch(sayIfUnknown);
  const barrier = await consentEnded(context, fanId);
  return { withdrawn: await findGrants(context.em, fanId, keys), barrier };
}
