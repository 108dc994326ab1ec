/**
 * Being forgotten. One SQL function call in one commit: the fan and everything that hangs on them is gone, and what the
 * ledger still holds of them opens for nobody. It takes consent away, so it goes the way of a withdrawal and returns when
 * no node shows anything of them any more.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { type Passed, type Receipt, requireMayTakeAway, sealedArguments } from '../consent/index.ts';
import { actRecorded, type Context, consentEnded } from '../context.ts';
import { sayIfUnknown } from '../db/outcome.ts';
import { AccessError, ConflictError, InputError } from '../errors.ts';

const CONFIRMATION = 'ERASE';

export interface Erased {
  readonly erasedAt: Date;
  /** The last that there is of the fan: its entry stands in the log, and the only copy of what opens it is here. */
  readonly certificate: Receipt;
  readonly barrier: Passed;
}

/**
 * Erases the fan, who may be a ward of the viewer's. It cannot be undone, and not be asked for twice: the second time
 * there is nobody.
 * @throws InputError without the confirmation, AccessError NOT_ENROLLED, NotFoundError for a fan who is no ward of the
 * viewer, ConflictError INVALID_STATE while wards depend on the fan, ServiceError OUTCOME_UNKNOWN when the commit's answer
 * was lost: NOT_ENROLLED, when asked again, says that it took effect.
 */
export async function eraseFan(context: Context, fanId: string, confirm: string): Promise<Erased> {
  if (confirm !== CONFIRMATION) throw new InputError(`Say ${CONFIRMATION}, in capitals.`, 'input.confirm');
  await requireMayTakeAway(context.em, context.viewer, fanId);
  const { at, certificate } = await eraseRow(context.em, context, fanId);
  actRecorded(context);
  const barrier = await consentEnded(context, fanId);
  if (context.viewer.role === 'FAN' && context.viewer.fanId === fanId) context.viewer.fanId = null;
  return { erasedAt: at, certificate, barrier };
}

/** It commits by itself, in one statement. */
async function eraseRow(
  em: SqlEntityManager,
  { ledger }: Context,
  fanId: string,
): Promise<{ at: Date; certificate: Receipt }> {
  const act = { action: 'ERASED', fanId, gameId: null, scopes: [], recipientId: null, policyOrdinal: null } as const;
  const sealed = await ledger.sealer.seal(em, act);
  const [row] = await em
    .execute<{ outcome: 'ERASED' | 'GONE' | 'HAS_WARDS' }[]>(
      sql`select consent_erase(${sealed.actId}, ${fanId}, ${sealedArguments(sealed)}) as outcome`,
    )
    .catch(sayIfUnknown);
  if (row!.outcome === 'GONE') throw new AccessError('NOT_ENROLLED', 'Enroll first.');
  if (row!.outcome === 'HAS_WARDS') {
    throw new ConflictError('INVALID_STATE', 'You are the guardian of others: erase them first, each by wardId.');
  }
  return { at: sealed.at, certificate: sealed.receipt };
}
