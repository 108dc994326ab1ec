/** A fan's two acts: each one commit, and then the nodes are told to forget what they knew of the fan. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { type Context, consentChanged } from '../context.ts';
import { NotFoundError } from '../errors.ts';
import { type ActOfGranting, type GrantRow, grantScopes, withdrawScopes } from './grants.service.ts';
import { requireCurrentPolicy } from './policy.service.ts';
import type { ConsentScope } from './scopes.ts';

export type GrantConsent = Omit<ActOfGranting, 'fanId' | 'policyOrdinal'> & { policyVersion: string };

/** @throws ConsentError POLICY_OUTDATED, NotFoundError for the recipient or game, InputError, ConflictError. */
export async function grantConsent(context: Context, fanId: string, input: GrantConsent): Promise<GrantRow[]> {
  const { policyVersion, ...act } = input;
  const grants = await context.em.transactional(async (em) => {
    const policy = await requireCurrentPolicy(em, policyVersion);
    await requireRecipient(em, act.recipientId);
    return grantScopes(em, { ...act, fanId, policyOrdinal: policy.ordinal });
  });
  consentChanged(context, fanId);
  return grants;
}

/** Withdrawing what was never granted is no error: the outcome is what was asked for. @throws NotFoundError for the recipient. */
export async function withdrawConsent(
  context: Context,
  fanId: string,
  input: { scopes: readonly ConsentScope[]; recipientId: string | null; erase: boolean },
): Promise<GrantRow[]> {
  await requireRecipient(context.em, input.recipientId);
  const withdrawn = await context.em.transactional((em) => withdrawScopes(em, { ...input, fanId }));
  consentChanged(context, fanId);
  return withdrawn;
}

/** Null is the operator. */
async function requireRecipient(em: SqlEntityManager, partnerId: string | null): Promise<void> {
  if (partnerId === null) return;
  const rows = await em.execute(sql`select 1 from partner where id = ${partnerId}`);
  if (rows.length === 0) throw new NotFoundError('The recipient');
}
