/**
 * Claims of one offer, in the order in which they came, many in one commit. All take the campaign's book, so they would
 * come one after the other anyway: one connection and one write to the disk serve everybody who came meanwhile, and the
 * other connections stay free for other things. Who comes alone waits for nobody.
 */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { sayIfUnknown } from '../../db/outcome.ts';
import { arrayOf } from '../../db/sql.ts';
import { ServiceError } from '../../errors.ts';

export interface ClaimRequest {
  readonly fanId: string;
  readonly offerId: string;
  readonly idempotencyKey: string;
  /** Sealed. */
  readonly code: string;
}

export type ClaimRefusal = 'NOT_FOUND' | 'KEY_CONFLICT' | 'CONSENT_REQUIRED' | 'NOT_LIVE' | 'LIMIT' | 'SOLD_OUT';
export interface ClaimOutcome {
  readonly outcome: 'CLAIMED' | ClaimRefusal;
  readonly claim_id: string | null;
}

interface Waiting {
  readonly request: ClaimRequest;
  readonly answer: PromiseWithResolvers<ClaimOutcome>;
}

const AT_ONCE = 32;

export class ClaimQueue {
  readonly #orm: MikroORM;
  /** By offer, those who wait while others of the same offer are served. */
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(orm: MikroORM) {
    this.#orm = orm;
  }

  /** @throws ServiceError OUTCOME_UNKNOWN when the commit's answer was lost: asking again with the key is safe. */
  claim(request: ClaimRequest): Promise<ClaimOutcome> {
    const waiting = { request, answer: Promise.withResolvers<ClaimOutcome>() };
    const queue = this.#waiting.get(request.offerId);
    if (queue) queue.push(waiting);
    else {
      this.#waiting.set(request.offerId, [waiting]);
      void this.#serve(request.offerId);
    }
    return waiting.answer.promise;
  }

  async #serve(offerId: string): Promise<void> {
    const queue = this.#waiting.get(offerId)!;
    while (queue.length > 0) {
      const batch = queue.splice(0, AT_ONCE);
      if (batch.length === 1) await this.#alone(batch[0]!);
      else await this.#together(offerId, batch);
    }
    this.#waiting.delete(offerId);
  }

  async #alone({ request, answer }: Waiting): Promise<void> {
    const { fanId, offerId, idempotencyKey, code } = request;
    try {
      const [row] = await this.#orm.em
        .fork()
        .execute<ClaimOutcome[]>(
          sql`select outcome, claim_id from claim_offer(${fanId}, ${offerId}, ${idempotencyKey}, ${code})`,
        )
        .catch(sayIfUnknown);
      answer.resolve(row!);
    } catch (error) {
      answer.reject(error);
    }
  }

  /** A fan who is busy elsewhere holds up nobody: their claim is asked for alone. So is each where something went wrong. */
  async #together(offerId: string, batch: readonly Waiting[]): Promise<void> {
    const of = (read: (request: ClaimRequest) => string) => arrayOf(batch.map(({ request }) => read(request)));
    let rows: (ClaimOutcome | { outcome: 'BUSY' })[];
    try {
      rows = await this.#orm.em
        .fork()
        .execute<(ClaimOutcome | { outcome: 'BUSY' })[]>(sql`
          select outcome, claim_id from claim_offers(${offerId}, ${of(({ fanId }) => fanId)}::bigint[],
            ${of(({ idempotencyKey }) => idempotencyKey)}::text[], ${of(({ code }) => code)}::text[]) order by place`)
        .catch(sayIfUnknown);
    } catch (error) {
      const lost = error instanceof ServiceError;
      if (lost) for (const { answer } of batch) answer.reject(error);
      else for (const waiting of batch) await this.#alone(waiting);
      return;
    }
    for (const [place, waiting] of batch.entries()) {
      const row = rows[place]!;
      if (row.outcome === 'BUSY') void this.#alone(waiting);
      else waiting.answer.resolve(row);
    }
  }
}
