/** Whatever happens to points, in whatever order: the ledger comes to what a model of it comes to, entry by entry. */
import type { MikroORM, SqlEntityManager } from '@mikro-orm/postgresql';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { Model, type Policy } from './model.ts';

type Step =
  | { does: 'pass'; days: number }
  | { does: 'consent' }
  | { does: 'earn'; thing: number; points: number; pendingDays: number; lifeDays: number | null }
  | { does: 'hold'; contract: number; points: number }
  | { does: 'spend' | 'giveBack'; contract: number }
  | { does: 'takeBack'; thing: number; part: number };

const WHOLE = 7;
const thing = fc.nat(7);
const contract = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('pass' as const), days: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('consent' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('earn' as const),
      thing,
      points: fc.integer({ min: 1, max: 60 }),
      pendingDays: fc.constantFrom(0, 0, 10),
      lifeDays: fc.constantFrom(null, 15, 30, 60),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('hold' as const), contract, points: fc.integer({ min: 1, max: 50 }) }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constantFrom('spend' as const, 'giveBack' as const), contract }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant('takeBack' as const), thing, part: fc.integer({ min: 0, max: WHOLE }) }),
  },
);
const schedule = fc.record({
  policy: fc.constantFrom<Policy>('ONLY_PENDING', 'WITHIN_BALANCE', 'ALLOW_NEGATIVE'),
  steps: fc.array(step, { minLength: 5, maxLength: 40 }),
});

const NEVER = new Error('taken back');
const START = Date.UTC(2027, 0, 1);

describe('the ledger of points', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  beforeAll(async () => {
    database = await createTestDatabase();
    orm = await connectOrm(database.url);
  });
  afterAll(async () => {
    await orm.close(true);
    await database.drop();
  });

  /** In a transaction that is never committed. */
  const play = async (policy: Policy, work: (ledger: Ledger) => Promise<void>) => {
    const played = orm.em.fork().transactional(async (em) => {
      await em.execute(`update loyalty_program set refund_policy = '${policy}'`);
      await work(await Ledger.open(em));
      throw NEVER;
    });
    await played.catch((error) => {
      if (error !== NEVER) throw error;
    });
  };

  it('comes to what the model comes to, after each step of any schedule', async () => {
    await fc.assert(
      fc.asyncProperty(schedule, async ({ policy, steps }) => {
        await play(policy, async (ledger) => {
          const model = new Model(policy);
          for (const each of steps) {
            if (!model.consents && (each.does === 'earn' || each.does === 'hold')) continue;
            expect([each, await ledger.take(each)]).toEqual([each, follow(model, each)]);
            expect([each, await ledger.balance()]).toEqual([each, model.balance()]);
            expect([each, await ledger.lots()]).toEqual([each, model.lots()]);
            expect(await ledger.mistakes()).toEqual([]);
          }
        });
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('pays what is owed out of confirmed points before pending ones, whichever expire first', async () => {
    await play('ALLOW_NEGATIVE', async (ledger) => {
      const earn = { does: 'earn', pendingDays: 0, lifeDays: null } as const;
      await ledger.take({ ...earn, thing: 0, points: 30 });
      await ledger.take({ does: 'hold', contract: 0, points: 30 });
      await ledger.take({ ...earn, thing: 1, points: 20 });
      await ledger.take({ ...earn, thing: 2, points: 20, pendingDays: 10, lifeDays: 15 });
      expect(await ledger.take({ does: 'takeBack', thing: 0, part: WHOLE })).toBe(30);
      expect(await ledger.lots()).toEqual({ 'thing:0': 0, 'thing:1': 0, 'thing:2': 10 });
      expect(await ledger.balance()).toEqual({ points: 0, pending: 10, held: 30, expired: 0, owed: 0 });
    });
  });
});

/** What the step answers, as the model has it. */
function follow(model: Model, step: Step): unknown {
  switch (step.does) {
    case 'pass':
      return model.pass(step.days);
    case 'consent':
      model.consents = !model.consents;
      return undefined;
    case 'earn':
      return model.earn(step.thing, step.points, step.pendingDays, step.lifeDays);
    case 'hold':
      return model.hold(step.contract, step.points);
    case 'spend':
      return model.spend(step.contract);
    case 'giveBack':
      return model.giveBack(step.contract);
    case 'takeBack':
      return model.takeBack(step.thing, step.part, WHOLE);
  }
}

/** One fan's points, in the database, with a clock of their own. */
class Ledger {
  readonly #em: SqlEntityManager;
  readonly #fanId: string;
  #day = 0;

  static async open(em: SqlEntityManager): Promise<Ledger> {
    const [fan] = await em.execute<{ id: string }[]>(`insert into fan (subject) values ('points') returning id`);
    const ledger = new Ledger(em, fan!.id);
    await ledger.#travel();
    await ledger.#grant();
    return ledger;
  }

  private constructor(em: SqlEntityManager, fanId: string) {
    this.#em = em;
    this.#fanId = fanId;
  }

  async take(step: Step): Promise<unknown> {
    switch (step.does) {
      case 'pass':
        this.#day += step.days;
        return void (await this.#travel());
      case 'consent': {
        const ended = await this.#em.execute(
          `update consent_grant set ended_at = app_now(), end_reason = 'WITHDRAWN'
           where fan_id = ${this.#fanId} and ended_at is null returning id`,
        );
        return ended.length > 0 ? undefined : void (await this.#grant());
      }
      case 'earn':
        return void (await this.#call(
          `points_earn(${this.#fanId}, 'PURCHASE', 'thing:${step.thing}', '', ${step.points}, ${step.pendingDays}, ${step.lifeDays})`,
        ));
      case 'hold':
        // A contract is made once.
        return (await this.#isMade(step.contract))
          ? false
          : this.#call(`points_hold(${this.#fanId}, 'REWARD', 'contract:${step.contract}', ${step.points})`);
      case 'spend':
        return void (await this.#call(`points_spend_held(${this.#fanId}, 'REWARD', 'contract:${step.contract}')`));
      case 'giveBack':
        return void (await this.#call(`points_give_back(${this.#fanId}, 'REWARD', 'contract:${step.contract}')`));
      case 'takeBack':
        return this.#call(`points_take_back('PURCHASE', 'thing:${step.thing}', ${step.part}, ${WHOLE})`);
    }
  }

  async balance(): Promise<unknown> {
    const [row] = await this.#em.execute<object[]>(
      `select points, pending, held, expired, owed from points_balance(array[${this.#fanId}::bigint], app_now())`,
    );
    return { ...row };
  }

  async lots(): Promise<Record<string, number>> {
    const rows = await this.#em.execute<{ reference: string; remaining: number }[]>(
      `select reference, remaining from points_lots(array[${this.#fanId}::bigint], app_now())`,
    );
    return Object.fromEntries(rows.map(({ reference, remaining }) => [reference, remaining]));
  }

  /** What must not be, by counting entries and nothing else. */
  mistakes(): Promise<object[]> {
    return this.#em.execute<object[]>(`
      select 'a lot below zero' as mistake from points_entry where lot_id is not null group by lot_id having sum(points) < 0
      union all
      select 'a balance that is not the sum' from (
        select balance, sum(points) over (partition by fan_id order by seq) as sum, seq,
          row_number() over (partition by fan_id order by seq) as place from points_entry) e
      where balance <> sum or seq <> place
      union all
      select 'a sum that is not what there is' from points_balance(array[${this.#fanId}::bigint], app_now()) b
      where b.points + b.pending + b.expired <> (select coalesce(sum(points), 0) from points_entry)
      union all
      select 'owing and having' from points_balance(array[${this.#fanId}::bigint], app_now()) b
      where b.owed > 0 and (b.points <> -b.owed or b.pending <> 0)`);
  }

  async #isMade(contract: number): Promise<boolean> {
    const rows = await this.#em.execute(
      `select 1 from points_entry where source = 'REWARD' and reference = 'contract:${contract}' limit 1`,
    );
    return rows.length > 0;
  }

  #travel(): Promise<unknown> {
    const at = new Date(START + this.#day * 86_400_000).toISOString();
    return this.#em.execute(`select set_config('tightrope.now', '${at}', true)`);
  }

  #grant(): Promise<unknown> {
    return this.#em.execute(`
      insert into consent_grant (fan_id, scope, duration, policy_ordinal, lineage)
      values (${this.#fanId}, 'LOYALTY', 'STANDING', 1, 0)`);
  }

  async #call(call: string): Promise<unknown> {
    const [row] = await this.#em.execute<{ answer: unknown }[]>(`select ${call} as answer`);
    return row!.answer;
  }
}
