/**
 * A fan takes an offer and holds a code. One SQL function call that commits by itself and waits for no client while it
 * holds the campaign's book: the budget gives out exactly its claims, whoever asks at once, asks twice, or goes away.
 */
import { z } from 'zod';
import type { Context } from '../../context.ts';
import { ConflictError, ConsentError, NotFoundError } from '../../errors.ts';
import { requireFan } from '../../identity/roles.ts';
import { read } from '../../input.ts';
import { Claim } from './claim.entity.ts';
import type { ClaimRefusal } from './claim-queue.ts';
import { drawCode } from './code.ts';

const NewClaim = z.object({ offerId: z.string(), idempotencyKey: z.string().min(1).max(200) });
export type NewClaim = z.infer<typeof NewClaim>;

/**
 * The same key answers with the same claim, whatever became of it meanwhile.
 * @throws NotFoundError for an offer that is unknown or was never announced to this fan, ConsentError CONSENT_REQUIRED,
 * ConflictError INVALID_STATE or IDEMPOTENCY_CONFLICT, ServiceError OUTCOME_UNKNOWN: asking again with the key is safe.
 */
export async function claimOffer(context: Context, input: NewClaim): Promise<Claim> {
  const { fanId } = requireFan(context.viewer);
  const { offerId, idempotencyKey } = read(NewClaim, input);
  const code = context.claimCodes.seal(drawCode());
  const { outcome, claim_id } = await context.claimQueue.claim({ fanId, offerId, idempotencyKey, code });
  if (outcome !== 'CLAIMED') throw refusal(outcome);
  context.live.wake();
  return context.em.findOneOrFail(Claim, { id: claim_id! });
}

function refusal(outcome: ClaimRefusal): Error {
  switch (outcome) {
    case 'NOT_FOUND':
      return new NotFoundError('The offer');
    case 'KEY_CONFLICT':
      return new ConflictError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used with another offer.');
    case 'CONSENT_REQUIRED':
      return new ConsentError('CONSENT_REQUIRED', 'This needs consent to OFFERS_LIVE.', ['OFFERS_LIVE']);
    case 'NOT_LIVE':
      return new ConflictError('INVALID_STATE', 'The offer is not to be had now.');
    case 'LIMIT':
      return new ConflictError('INVALID_STATE', 'This offer may not be claimed that often.');
    case 'SOLD_OUT':
      return new ConflictError('INVALID_STATE', 'All of this offer has been claimed. An expired claim may free one.');
  }
}
