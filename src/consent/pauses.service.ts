/**
 * Sitting one game out, standing grants included. It takes consent away, so it goes the way of a withdrawal: one SQL
 * function call in one commit, with the log entry last. Asking twice is safe.
 */
import { sql } from '@mikro-orm/postgresql';
import { actRecorded, type Context, consentEnded } from '../context.ts';
import { sayIfUnknown } from '../db/outcome.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import type { Passed } from './lease/barrier.ts';
import { type Receipt, sealedArguments } from './ledger/index.ts';
import { requireMayTakeAway } from './on-behalf.ts';

export interface Pause {
  resumesAt: Date;
  receipt: Receipt;
  barrier: Passed;
}

/**
 * When consent resumes, as far as is known: the end of the game plus grace, or, while it has not ended, the latest that
 * a grant for it could last.
 * @throws NotFoundError, ConflictError INVALID_STATE where there is nothing left to sit out.
 */
export async function pauseForGame(context: Context, fanId: string, gameId: string): Promise<Pause> {
  if (!(await context.loaders.game.load(gameId))) throw new NotFoundError('The game');
  await requireMayTakeAway(context.em, context.viewer, fanId);
  const { em, ledger } = context;
  const act = { action: 'PAUSED', fanId, gameId, scopes: [], recipientId: null, policyOrdinal: null } as const;
  const sealed = await ledger.sealer.seal(em, act);
  const [row] = await em
    .execute<{ resumes_at: Date | null }[]>(sql`
      select consent_pause_game(${sealed.actId}, ${fanId}, ${gameId}, ${sealedArguments(sealed)}) as resumes_at`)
    .catch(sayIfUnknown);
  if (row!.resumes_at === null)
    throw new ConflictError('INVALID_STATE', 'That game is over: there is nothing to sit out.');
  actRecorded(context);
  const barrier = await consentEnded(context, fanId);
  return { resumesAt: new Date(row!.resumes_at), receipt: sealed.receipt, barrier };
}
