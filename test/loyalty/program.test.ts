/** The operator's rules and tiers as data: what is earned by what, up to which cap, and which tier it comes to. */
import type { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Journey, travel } from '../support/travel.ts';

describe('a loyalty program', () => {
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

  /** A fan with consent from 2026 on. */
  const onJourney = (work: (journey: Journey, fan: string) => Promise<void>) =>
    travel(orm, async (journey) => {
      await journey.to('2026-01-01');
      const [fan] = await journey.sql<{ id: string }>(`insert into fan (subject) values ('member') returning id`);
      await journey.sql(`insert into consent_grant (fan_id, scope, duration, policy_ordinal, lineage)
        values (${fan!.id}, 'LOYALTY', 'STANDING', 1, 0)`);
      await work(journey, fan!.id);
    });
  const rule = ({ sql }: Journey, columns: Record<string, string | number>) =>
    sql(`insert into earning_rule (${Object.keys(columns).join(', ')})
      values (${Object.values(columns).map((value) => `'${value}'`)})`);
  let count = 0;
  const earn = async ({ sql }: Journey, fan: string, source: string, more: Record<string, string | number> = {}) => {
    count += 1;
    const { action = null, reference = `thing:${count}`, amount = null, currency = null, length = null } = more;
    const text = (value: unknown) => (value === null ? 'null' : `'${value}'`);
    const [row] = await sql<{ earned: number }>(`select points_earn_by_rules(${fan}, '${source}', ${text(action)},
      '${reference}', ${amount}, ${text(currency)}, ${length}) as earned`);
    return row!.earned;
  };
  const standing = async ({ sql }: Journey, fan: string) => {
    const [row] = await sql(`select qualifying, code, next_code, next_needed
      from loyalty_standing(array[${fan}::bigint], app_now())`);
    return Object.values(row!);
  };
  const tiers = ({ sql }: Journey) =>
    sql(`insert into tier (code, name, points) values ('SILVER', 'Silver', 100), ('GOLD', 'Gold', 300)`);

  it('gives points for each full unit of a purchase, in the currency of the rule', () =>
    onJourney(async (journey, fan) => {
      const base = { source: 'PURCHASE', per_amount: 100, currency: 'USD' };
      await rule(journey, { ...base, code: 'base', points: 2 });
      expect(await earn(journey, fan, 'PURCHASE', { amount: 1299, currency: 'USD' })).toBe(24);
      expect(await earn(journey, fan, 'PURCHASE', { amount: 99, currency: 'USD' })).toBe(0);
      expect(await earn(journey, fan, 'PURCHASE', { amount: 1299, currency: 'CAD' })).toBe(0);
      await rule(journey, { ...base, code: 'opening', points: 5, active_until: '2026-01-02' });
      expect(await earn(journey, fan, 'PURCHASE', { amount: 1000, currency: 'USD' })).toBe(70);
      await journey.to('2026-01-02');
      expect(await earn(journey, fan, 'PURCHASE', { amount: 1000, currency: 'USD' })).toBe(20);
    }));

  it('gives nothing more for a thing that has earned, not even by a new rule', () =>
    onJourney(async (journey, fan) => {
      await rule(journey, { code: 'gate', source: 'ATTENDANCE', points: 10 });
      expect(await earn(journey, fan, 'ATTENDANCE', { reference: 'game:1' })).toBe(10);
      await rule(journey, { code: 'gate-too', source: 'ATTENDANCE', points: 5 });
      expect(await earn(journey, fan, 'ATTENDANCE', { reference: 'game:1' })).toBe(10);
      expect(await earn(journey, fan, 'ATTENDANCE', { reference: 'game:2' })).toBe(15);
    }));

  it('stops at a cap, begins anew with its period, and has room again for what was taken back', () =>
    onJourney(async (journey, fan) => {
      await journey.sql(`update loyalty_program set time_zone = 'America/New_York', refund_policy = 'ALLOW_NEGATIVE'`);
      const cap = { cap_points: 25, cap_period: 'DAY' };
      await rule(journey, { code: 'view', source: 'ENGAGEMENT', action: 'VIEW', points: 10, ...cap });
      await journey.to('2026-06-01T12:00:00Z');
      const view = (reference: string) => earn(journey, fan, 'ENGAGEMENT', { action: 'VIEW', reference });
      expect([await view('a'), await view('b'), await view('c'), await view('d')]).toEqual([10, 10, 5, 0]);
      await journey.sql(`select points_take_back('ENGAGEMENT', 'a', 1, 1)`);
      expect(await view('e')).toBe(10);
      await journey.to('2026-06-02T03:59:00Z');
      expect(await view('f')).toBe(0);
      await journey.to('2026-06-02T04:00:00Z');
      expect(await view('g')).toBe(10);
      expect(await earn(journey, fan, 'ENGAGEMENT', { action: 'CLICK' })).toBe(0);
    }));

  it('rewards each so many games in a row', () =>
    onJourney(async (journey, fan) => {
      await rule(journey, { code: 'streak', source: 'STREAK', points: 50, every: 3 });
      const lengths = [];
      for (const length of [1, 2, 3, 4, 5, 6]) lengths.push(await earn(journey, fan, 'STREAK', { length }));
      expect(lengths).toEqual([0, 0, 50, 0, 0, 50]);
    }));

  it('counts a streak by games at the venue that were played, and by visits that were seen', () =>
    onJourney(async (journey, fan) => {
      const { sql } = journey;
      const [venue] = await sql(
        `insert into venue (code, name, city, time_zone) values ('V', 'V', 'C', 'UTC') returning id`,
      );
      const games = await sql<{ id: string }>(`
        insert into game (venue_id, starts_at, status) select ${venue!.id}, '2026-04-01'::timestamptz + n * interval '1 day',
          (array['FINAL', 'FINAL', 'CANCELED', 'FINAL', 'LIVE'])[n] from generate_series(1, 5) n returning id`);
      const see = (at: number, proven = true) =>
        sql(`
        insert into visit (fan_id, game_id, method, nonce, proven_at)
        values (${fan}, ${games[at]!.id}, 'TICKET', 'n${at}', ${proven ? 'app_now()' : null})`);
      const streak = async (at: number) => {
        const [row] = await sql(`select attendance_streak(${fan}, ${games[at]!.id}) as length`);
        return row!.length;
      };
      for (const at of [0, 3, 4]) await see(at);
      await see(1, false);
      expect([await streak(0), await streak(1), await streak(3), await streak(4)]).toEqual([1, 0, 1, 2]);
      await sql(`update visit set proven_at = app_now() where game_id = ${games[1]!.id}`);
      expect(await streak(4)).toBe(4);
    }));

  it('has everybody in its first tier, and tells what the next one takes', () =>
    onJourney(async (journey, fan) => {
      expect(await standing(journey, fan)).toEqual([0, 'MEMBER', null, null]);
      await tiers(journey);
      expect(await standing(journey, fan)).toEqual([0, 'MEMBER', 'SILVER', 100]);
      await journey.sql(`select points_earn(${fan}, 'OFFER', 'a', '', 120, 0, null)`);
      expect(await standing(journey, fan)).toEqual([120, 'SILVER', 'GOLD', 180]);
    }));

  it('counts confirmed points of the last days, whether they were spent or not, less what was taken back', () =>
    onJourney(async (journey, fan) => {
      await tiers(journey);
      await journey.sql(
        `select points_earn(${fan}, 'OFFER', 'a', '', 100, 0, 30), points_earn(${fan}, 'OFFER', 'b', '', 200, 7, null)`,
      );
      await journey.sql(`select points_hold(${fan}, 'REWARD', 'x', 100), points_spend_held(${fan}, 'REWARD', 'x')`);
      expect(await standing(journey, fan)).toEqual([100, 'SILVER', 'GOLD', 200]);
      await journey.to('2026-01-08');
      expect(await standing(journey, fan)).toEqual([300, 'GOLD', null, null]);
      await journey.sql(`select points_take_back('OFFER', 'a', 1, 1)`);
      expect(await standing(journey, fan)).toEqual([200, 'SILVER', 'GOLD', 100]);
      await journey.to('2027-01-01T00:00:00Z');
      expect(await standing(journey, fan)).toEqual([200, 'SILVER', 'GOLD', 100]);
      await journey.to('2027-01-01T00:00:01Z');
      expect(await standing(journey, fan)).toEqual([0, 'MEMBER', 'SILVER', 100]);
    }));

  it('keeps a tier that was reached in one season through the next', () =>
    onJourney(async (journey, fan) => {
      await tiers(journey);
      await journey.sql(`update loyalty_program set qualification = 'SEASON', season_month = 3, season_day = 15,
        time_zone = 'America/New_York'`);
      await journey.to('2026-03-15T03:59:00Z');
      await journey.sql(`select points_earn(${fan}, 'OFFER', 'a', '', 100, 0, null)`);
      expect(await standing(journey, fan)).toEqual([100, 'SILVER', 'GOLD', 200]);
      await journey.to('2026-03-15T04:00:00Z');
      expect(await standing(journey, fan)).toEqual([0, 'SILVER', 'GOLD', 300]);
      await journey.sql(`select points_earn(${fan}, 'OFFER', 'b', '', 300, 0, null)`);
      await journey.to('2027-12-31');
      expect(await standing(journey, fan)).toEqual([0, 'GOLD', null, null]);
      await journey.to('2028-03-16');
      expect(await standing(journey, fan)).toEqual([0, 'MEMBER', 'SILVER', 100]);
    }));
});
