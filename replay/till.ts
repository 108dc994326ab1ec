/** Gates and tills: what staff and devices do with a fan who stands before them. */

import type { Json } from '../gameday/client.ts';
import { issueDevelopmentToken } from '../src/identity/development-issuer.ts';
import type { MutationName } from './documents.ts';
import type { Act } from './journal.ts';
import type { Bought, HeldClaim, Phone, TakenReward } from './phone.ts';
import { gameId, gameKey, type Scene, venueOf } from './scene.ts';
import { gateOf, tillOf } from './season.ts';

export interface Scan {
  readonly key?: string;
  readonly total?: number | null;
  readonly order?: string | null;
  readonly scanned?: number | null;
}

export class Tills {
  readonly #scene: Scene;
  readonly #tokens = new Map<string, Promise<string>>();
  #count = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async confirmArrival({ fan, memberCode }: Phone, game: number): Promise<void> {
    const input = { gameId: gameId(this.#scene, game), fanCode: memberCode };
    const gate = gateOf(venueOf(this.#scene, game).code);
    await this.#act('DEVICE', gate, 'confirmArrival', input, ({ pointsEarned = 0, code = null }) => {
      return { kind: 'ARRIVE', fan, game: gameKey(this.#scene, game), points: pointsEarned, code };
    });
  }

  async sell({ fan, memberCode, bought }: Phone, game: number, total: number): Promise<void> {
    const { names } = this.#scene;
    const { code: venue, key: venueKey } = venueOf(this.#scene, game);
    const key = this.newKey();
    const input = { fanCode: memberCode, total, currency: 'USD', idempotencyKey: key };
    const till = tillOf(venue);
    const { purchase } = await this.#act('STAFF', till, 'recordPurchase', input, (result) => ({
      kind: 'PURCHASE',
      fan,
      venue: venueKey,
      till,
      key,
      total,
      purchase: result.purchase ? names.key(result.purchase.id) : null,
      points: result.pointsEarned ?? 0,
      code: result.code ?? null,
    }));
    if (purchase) bought.push({ id: names.key(purchase.id), globalId: purchase.id, game, left: total });
  }

  async refund({ fan }: Phone, bought: Bought, amount: number): Promise<void> {
    const key = this.newKey();
    const till = tillOf(venueOf(this.#scene, bought.game).code);
    const input = { purchaseId: bought.globalId, amount, idempotencyKey: key };
    await this.#act('STAFF', till, 'refundPurchase', input, ({ refund, code = null }) => {
      if (!code) bought.left -= amount;
      return { kind: 'REFUND', fan, purchase: bought.id, till, key, amount, taken: refund?.pointsTaken ?? null, code };
    });
  }

  async redeem({ fan }: Phone, claim: HeldClaim, game: number, scan: Scan = {}): Promise<void> {
    const { names } = this.#scene;
    const { key = this.newKey(), total = null, order = null, scanned = null } = scan;
    const { code: venue, key: venueKey } = venueOf(this.#scene, game);
    const till = tillOf(venue);
    const input = {
      code: claim.code,
      idempotencyKey: key,
      ...(total === null ? {} : { orderTotal: { amount: total, currency: 'USD' } }),
      ...(order === null ? {} : { orderId: order }),
      ...(scanned === null ? {} : { at: new Date(scanned).toISOString() }),
    };
    const { redemption } = await this.#act('STAFF', till, 'redeemClaim', input, (result) => ({
      kind: 'REDEEM',
      fan,
      claim: claim.id,
      venue: venueKey,
      till,
      key,
      total,
      order,
      scanned,
      redemption: result.redemption ? names.key(result.redemption.id) : null,
      discount: result.redemption?.discount?.amount ?? null,
      points: result.redemption?.pointsEarned ?? 0,
      code: result.code ?? null,
    }));
    if (redemption) claim.redemption = names.key(redemption.id);
  }

  async rollBack({ fan }: Phone, redemption: string, game: number, key = this.newKey()): Promise<void> {
    const till = tillOf(venueOf(this.#scene, game).code);
    const input = { redemptionId: this.#scene.names.id('Redemption', redemption), idempotencyKey: key };
    await this.#act('STAFF', till, 'rollbackRedemption', input, ({ code = null }) => {
      return { kind: 'ROLL_BACK', fan, redemption, till, key, code };
    });
  }

  async settle({ fan }: Phone, reward: TakenReward, kind: 'HONOR' | 'RETURN', game: number): Promise<void> {
    const input = { rewardCode: reward.code, idempotencyKey: this.newKey() };
    const till = tillOf(venueOf(this.#scene, game).code);
    const name = kind === 'HONOR' ? 'honorReward' : 'returnReward';
    await this.#act('STAFF', till, name, input, ({ code = null }) => ({ kind, fan, redemption: reward.id, code }));
  }

  async setStatus(game: number, status: 'LIVE' | 'FINAL' | 'SUSPENDED' | 'POSTPONED'): Promise<void> {
    const till = tillOf(venueOf(this.#scene, game).code);
    const { client, journal } = this.#scene;
    const token = await this.#token('STAFF', till);
    await journal.note(
      () => client.must(token, 'setGameStatus', { gameId: gameId(this.#scene, game), status }),
      () => ({ kind: 'GAME', game: gameKey(this.#scene, game), status }),
    );
  }

  newKey(): string {
    this.#count += 1;
    return `till-${this.#count}`;
  }

  async #act(
    role: 'STAFF' | 'DEVICE',
    subject: string,
    name: MutationName,
    input: object,
    toAct: (result: Json) => Act,
  ): Promise<Json> {
    const { client, journal } = this.#scene;
    const token = await this.#token(role, subject);
    return journal.note(() => client.mutate(token, name, input), toAct);
  }

  #token(role: 'STAFF' | 'DEVICE', subject: string): Promise<string> {
    const known = this.#tokens.get(subject) ?? issueDevelopmentToken(role, subject, '48h');
    this.#tokens.set(subject, known);
    return known;
  }
}
