/**
 * Tills, gates and fans who act at once, and repeat themselves, while fans come and go: at every instant all checks of
 * the doctor hold, and in the end each fan has what the answers add up to.
 */
import { IsolationLevel } from '@mikro-orm/postgresql';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from '../../src/db/check.ts';
import { LOYALTY_CHECKS } from '../../src/loyalty/checks.ts';
import { mutate } from '../support/operations.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type Member, openTill, type Till } from './at-the-till.ts';

const CLIENTS = 8;
const SNAPSHOT = { isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true } as const;

const act = fc.record({
  fan: fc.nat(2),
  does: fc.constantFrom('buy', 'buy', 'buy', 'refund', 'refund', 'take', 'take', 'honor', 'bringBack', 'leave', 'come'),
  amount: fc.integer({ min: 100, max: 9_000 }),
});
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;

/** What a fan knows from the answers alone. */
interface Known {
  readonly member: Member;
  readonly purchases: string[];
  readonly codes: string[];
  earned: number;
  taken: number;
  /** By code: what is held or spent for it. */
  readonly paid: Map<string, number>;
}

describe('points', () => {
  let server: TestServer;
  let till: Till;
  let rewardId: string;
  beforeAll(async () => {
    server = await startTestServer();
    till = await openTill(server);
    await till.setRules(
      { source: 'PURCHASE', points: 1, per_amount: 70, currency: 'USD' },
      { source: 'PURCHASE', points: 3, per_amount: 500, currency: 'USD', pending_days: 7 },
    );
    await till.setPolicy('ALLOW_NEGATIVE');
    rewardId = await till.reward(25);
  });
  afterAll(() => server.close());

  const mistakes = () =>
    server.services.orm.em
      .fork()
      .transactional(async (em) => (await examine(em, LOYALTY_CHECKS)).filter(({ ok }) => !ok), SNAPSHOT);

  let count = 0;
  const play = async (known: Known, { does, amount }: Act) => {
    count += 1;
    const [key, { member }] = [`at-once-${count}`, known];
    /** Said twice at once, as over a bad line. What is refused may succeed a moment later. */
    const twice = async <Answer extends { code?: string }>(say: () => Promise<Answer>) => {
      const answers = await Promise.all([say(), say()]);
      return answers.find(({ code }) => code === undefined) ?? answers[0]!;
    };
    const any = (list: readonly string[]) => list[amount % list.length];
    if (does === 'buy') {
      const bought = await twice(() => till.buy(member, amount, { idempotencyKey: key }));
      known.purchases.push(bought.purchase.id);
      known.earned += bought.pointsEarned;
    } else if (does === 'refund') {
      const purchaseId = any(known.purchases);
      const input = { idempotencyKey: key, ...(amount % 3 > 0 && { amount: amount >> 2 }) };
      const { refund } = purchaseId ? await twice(() => till.refund(purchaseId, input)) : {};
      known.taken += refund?.pointsTaken ?? 0;
    } else if (does === 'take') {
      const { rewardRedemption } = await twice(() => till.take(member, rewardId, key));
      if (!rewardRedemption) return;
      known.codes.push(rewardRedemption.code);
      known.paid.set(rewardRedemption.code, 25);
    } else if (does === 'honor' || does === 'bringBack') {
      const code = any(known.codes);
      const answer = code ? await twice(() => till[does](code, key)) : {};
      if (does === 'bringBack' && answer.rewardRedemption) known.paid.delete(code!);
    } else if (does === 'leave') {
      await mutate(server, member.token, 'withdrawConsent', { scopes: ['LOYALTY'] });
    } else {
      await mutate(server, member.token, 'grantConsent', { scopes: ['LOYALTY'], policyVersion: '2026-1' });
    }
  };

  it('are at every instant the sum of their entries, and in the end what the answers add up to', async () => {
    const schedule = fc.array(act, { minLength: 30, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(schedule, async (acts) => {
        const fans = await Promise.all(
          [0, 1, 2].map(async (): Promise<Known> => {
            const member = await till.enroll(['HISTORY_PURCHASE']);
            return { member, purchases: [], codes: [], earned: 0, taken: 0, paid: new Map() };
          }),
        );
        const waiting = [...acts];
        let playing = true;
        const client = async () => {
          for (let next = waiting.shift(); next; next = waiting.shift()) await play(fans[next.fan]!, next);
        };
        const doctor = async () => {
          while (playing) expect(await mistakes()).toEqual([]);
        };
        const examined = doctor();
        await Promise.all(Array.from({ length: CLIENTS }, client)).finally(() => {
          playing = false;
        });
        await examined;
        expect(await mistakes()).toEqual([]);
        for (const { member, earned, taken, paid } of fans) {
          await mutate(server, member.token, 'grantConsent', { scopes: ['LOYALTY'], policyVersion: '2026-1' });
          const { points, pendingPoints } = await till.loyaltyOf(member.token);
          const spent = [...paid.values()].reduce((sum, price) => sum + price, 0);
          expect(points + pendingPoints).toBe(earned - taken - spent);
        }
      }),
      { numRuns: 5, endOnFailure: true },
    );
  }, 120_000);
});
