/**
 * Random schedules of claiming, expiring, redeeming, rolling back, repeating and leaving, each step judged by a model that
 * keeps no counters: the outcome, what is in use, and that no budget is ever overrun.
 */
import type { MikroORM } from '@mikro-orm/postgresql';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../../src/db/orm.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { askRule } from '../../support/rule.ts';
import { Model, type Scan, type Terms } from './model.ts';

const FANS = 4;
const HOUR = 3_600_000;
const START = Date.parse('2030-06-01T12:00:00Z');

const OUTCOMES = [
  ...['CLAIMED', 'LIMIT', 'SOLD_OUT', 'NOT_FOUND', 'REDEEMED', 'KEY_CONFLICT', 'ALREADY', 'EXPIRED', 'TOTAL_NEEDED'],
  'ROLLED_BACK',
];

type Step =
  | { act: 'claim'; fan: number; key: string }
  | { act: 'wait'; ms: number }
  | { act: 'redeem'; claim: number; key: string; total: number | null; ago: number | null }
  | { act: 'roll back'; redemption: number; key: string }
  | { act: 'erase'; fan: number };

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const fan = fc.nat(FANS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant('claim' as const), fan, key }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3 * HOUR }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant('redeem' as const),
      claim: fc.nat(20),
      key: fc.oneof(fc.constantFrom('a', 'b'), fc.uuid()),
      total: fc.option(fc.integer({ min: 0, max: 2_000 }), { freq: 2 }),
      ago: fc.option(fc.integer({ min: 1, max: 3 * HOUR })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('roll back' as const),
      redemption: fc.nat(20),
      key: fc.oneof(fc.constantFrom('a', 'b'), fc.uuid()),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('erase' as const), fan }) },
);
const terms: fc.Arbitrary<Terms> = fc.record({
  claims: fc.option(fc.integer({ min: 1, max: 5 })),
  money: fc.option(fc.integer({ min: 1, max: 2_500 })),
  cap: fc.integer({ min: 1, max: 3 }),
  holdMs: fc.constantFrom(HOUR, 2 * HOUR),
  discount: fc.oneof(
    fc.record({ kind: fc.constant('AMOUNT' as const), amount: fc.integer({ min: 1, max: 900 }) }),
    fc.record({ kind: fc.constant('PERCENT' as const), percent: fc.integer({ min: 1, max: 100 }) }),
  ),
});

describe('a random schedule', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  let rule: ReturnType<typeof askRule>;
  let partnerId: string;
  let gameId: string;
  const outcomes = new Set<string>();
  let count = 0;
  beforeAll(async () => {
    database = await createTestDatabase();
    orm = await connectOrm(database.url);
    rule = askRule(orm);
    rule.travelTo(new Date(START - 24 * HOUR));
    await rule.policy(1, false);
    [partnerId, gameId] = [await rule.partner(), await rule.game()];
  });
  afterAll(async () => {
    await orm.close(true);
    await database.drop();
  });

  const one = async <Row extends object>(statement: string) => (await rule.sql(statement))[0] as Row;
  const insert = async (statement: string) => (await one<{ id: string }>(`${statement} returning id`)).id;

  /** A campaign that was announced to four new fans. */
  const prepare = async ({ claims, money, cap, holdMs, discount }: Terms) => {
    const budget = {
      ...(claims === null ? {} : { claims }),
      ...(money === null ? {} : { spend: { amount: money, currency: 'USD' } }),
    };
    const off = discount.kind === 'AMOUNT' ? { ...discount, currency: 'USD' } : discount;
    const campaignId = await insert(`insert into campaign
      (partner_id, name, rules, budget, cap_per_fan, valid_from, valid_until, input_hash) values
      (${partnerId}, 'C', '{"venueIds":[],"zoneIds":[],"favoriteTeamIds":[]}', '${JSON.stringify(budget)}', ${cap},
        '-infinity', 'infinity', '')`);
    await rule.sql(`update campaign_book set hold_seconds = ${holdMs / 1_000} where campaign_id = ${campaignId}`);
    const offerId = await insert(
      `insert into offer (campaign_id, title, body, discount) values (${campaignId}, '', '', '${JSON.stringify(off)}')`,
    );
    const announcementId =
      await insert(`insert into announcement (campaign_id, offer_id, game_id, reasons, idempotency_key)
      values (${campaignId}, ${offerId}, ${gameId}, '[]', 'once')`);
    const fans = [];
    for (let place = 0; place < FANS; place += 1) {
      const fanId = await rule.fan();
      await rule.grant(fanId, ['OFFERS_LIVE']);
      await rule.sql(`insert into delivery (announcement_id, offer_id, fan_id, lineages)
        values (${announcementId}, ${offerId}, ${fanId}, '{}')`);
      fans.push(fanId);
    }
    return { campaignId, offerId, fans };
  };

  const play = async (limits: Terms, steps: Step[]) => {
    count += 1;
    const till = `till-${count}`;
    rule.travelTo(new Date(START));
    const { campaignId, offerId, fans } = await prepare(limits);
    const model = new Model(limits);
    model.now = START;
    const redemptionIds: string[] = [];

    const outcomeOf = async (each: Step): Promise<{ wanted: string; got: string }> => {
      switch (each.act) {
        case 'wait':
          model.now += each.ms;
          rule.travelTo(new Date(model.now));
          return { wanted: '', got: '' };
        case 'erase':
          model.erase(each.fan);
          await rule.sql(`delete from fan where id = ${fans[each.fan]}`);
          return { wanted: '', got: '' };
        case 'claim': {
          const before = model.claims.length;
          const wanted = model.claim(each.fan, each.key);
          const code = `${till}-${before}`;
          const { outcome } = await one<{ outcome: string }>(
            `select outcome from claim_offer(${fans[each.fan]}, ${offerId}, '${each.key}', '${code}')`,
          );
          return { wanted, got: outcome };
        }
        case 'redeem': {
          if (model.claims.length === 0) return { wanted: '', got: '' };
          const place = each.claim % model.claims.length;
          const at = each.ago === null ? null : model.now - each.ago;
          const scan: Scan = { claim: place, key: each.key, total: each.total, at };
          const before = model.redemptions.length;
          const wanted = model.redeem(scan);
          const when = at === null ? 'null' : `'${new Date(at).toISOString()}'`;
          const [total, currency] = each.total === null ? ['null', 'null'] : [each.total, `'USD'`];
          const hash = JSON.stringify([place, each.total, at]);
          const got = await one<{ outcome: string; redemption_id: string }>(`
            select outcome, redemption_id from redeem_claim('${till}-${place}', (select array_agg(id) from venue), '${till}',
              '${each.key}', '${hash}', ${total}, ${currency}, ${when}::timestamptz, null)`);
          if (model.redemptions.length > before) redemptionIds.push(got.redemption_id);
          return { wanted, got: got.outcome };
        }
        case 'roll back': {
          if (redemptionIds.length === 0) return { wanted: '', got: '' };
          const place = each.redemption % redemptionIds.length;
          const wanted = model.rollBack(place, each.key);
          const { outcome } = await one<{ outcome: string }>(`
            select outcome from roll_back_redemption(${redemptionIds[place]}, (select array_agg(id) from venue), '${till}',
              '${each.key}')`);
          return { wanted, got: outcome };
        }
      }
    };

    for (const [place, each] of steps.entries()) {
      const { wanted, got } = await outcomeOf(each);
      const where = `step ${place}, ${JSON.stringify(each)}`;
      expect(got, where).toBe(wanted);
      outcomes.add(got);
      const used = await one<{ claims: number; redeemed: number; money: string }>(
        `select claims, redeemed, money from campaign_used(array[${campaignId}::bigint])`,
      );
      expect({ ...used, money: Number(used.money) }, where).toEqual(model.used());
      expect(used.claims).toBeLessThanOrEqual(limits.claims ?? Number.POSITIVE_INFINITY);
      expect(Number(used.money)).toBeLessThanOrEqual(limits.money ?? Number.POSITIVE_INFINITY);
    }
  };

  it('ends as the model says, step by step, and never over budget', { timeout: 240_000 }, async () => {
    const steps = fc.array(step, { minLength: 20, maxLength: 50, size: 'max' });
    await fc.assert(fc.asyncProperty(terms, steps, play), { numRuns: 60 });
    // All that can become of a claim came up.
    expect(outcomes).toEqual(new Set(['', ...OUTCOMES]));
  });
});
