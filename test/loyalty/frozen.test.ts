/** A balance is frozen while the fan is away from the program, and not forfeited: its days stand still. */
import type { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Journey, travel } from '../support/travel.ts';

const DAY_MS = 86_400_000;
const on = (day: number) => new Date(Date.UTC(2027, 0, 1) + day * DAY_MS);

describe('a frozen balance', () => {
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

  const enroll = async ({ sql }: Journey) =>
    (await sql<{ id: string }>(`insert into fan (subject) values ('frozen') returning id`))[0]!.id;
  const grant = ({ sql }: Journey, fan: string, columns: Record<string, string | number> = {}) => {
    const all = { fan_id: fan, scope: 'LOYALTY', duration: 'STANDING', policy_ordinal: 1, lineage: 0, ...columns };
    return sql(`insert into consent_grant (${Object.keys(all).join(', ')})
      values (${Object.values(all).map((value) => `'${value}'`)})`);
  };
  const leave = ({ sql }: Journey, fan: string) =>
    sql(
      `update consent_grant set ended_at = app_now(), end_reason = 'WITHDRAWN' where fan_id = ${fan} and ended_at is null`,
    );
  const points = async ({ sql }: Journey, fan: string) => {
    const [row] = await sql<{ points: number }>(`select points from points_balance(array[${fan}::bigint], app_now())`);
    return row!.points;
  };

  it('is there after years, with the days left that were left', () =>
    travel(orm, async (journey) => {
      await journey.to(on(0));
      const fan = await enroll(journey);
      await grant(journey, fan);
      await journey.sql(`select points_earn(${fan}, 'OFFER', 'a', '', 100, 0, 30)`);
      await journey.to(on(20));
      await leave(journey, fan);
      await journey.to(on(2_000));
      expect(await points(journey, fan)).toBe(100);
      await grant(journey, fan);
      await journey.to(on(2_009));
      expect(await points(journey, fan)).toBe(100);
      await journey.to(on(2_010));
      expect(await points(journey, fan)).toBe(0);
    }));

  it('stands still while a new policy waits for an answer, and after a grant that ran out', () =>
    travel(orm, async (journey) => {
      await journey.to(on(0));
      const fan = await enroll(journey);
      await grant(journey, fan, { duration: 'UNTIL', expires_at: on(10).toISOString() });
      await journey.sql(`select points_earn(${fan}, 'OFFER', 'a', '', 100, 0, 30)`);
      await journey.to(on(50));
      expect(await points(journey, fan)).toBe(100);
      await grant(journey, fan);
      await journey.sql(`insert into policy (version, ordinal, effective_at, material_change, language, text, sha256)
        values ('first', 1, '${on(0).toISOString()}', false, 'en', '', ''),
          ('next', 2, '${on(60).toISOString()}', true, 'en', '', '')`);
      await journey.to(on(90));
      expect(await points(journey, fan)).toBe(100);
      await grant(journey, fan, { policy_ordinal: 2 });
      await journey.to(on(99));
      expect(await points(journey, fan)).toBe(100);
      await journey.to(on(100));
      expect(await points(journey, fan)).toBe(0);
    }));

  it('is frozen exactly when the rule of consent says that LOYALTY is off', () =>
    travel(orm, async (journey) => {
      const { sql } = journey;
      await journey.to(on(0));
      const fan = await enroll(journey);
      await sql(`insert into venue (code, name, city, time_zone) values ('v', 'V', 'C', 'UTC')`);
      const game = async (startsOn: number) => {
        const [row] = await sql<{ id: string }>(`insert into game (venue_id, starts_at)
          select id, '${on(startsOn).toISOString()}' from venue returning id`);
        const id = row!.id;
        const [cap] = await sql<{ at: Date }>(`select starts_at + game_cap() as at from game where id = ${id}`);
        const expires_at = new Date(cap!.at).toISOString();
        await grant(journey, fan, { duration: 'GAME', game_id: id, game_session: 1, expires_at });
        return id;
      };
      const end = (id: string, status: string) =>
        sql(`update game set status = '${status}', ended_at = app_now() where id = ${id}`);
      let [played, calledOff] = ['', ''];
      const acts: Record<number, () => Promise<unknown>> = {
        1: () => grant(journey, fan),
        3: () => leave(journey, fan),
        5: () => grant(journey, fan, { duration: 'UNTIL', expires_at: on(7).toISOString() }),
        6: () => grant(journey, fan),
        8: () => leave(journey, fan),
        9: () => grant(journey, fan, { recipient_id: 1 }),
        10: () => game(11),
        13: async () => (played = await game(14)),
        14: () => end(played, 'FINAL'),
        16: async () => (calledOff = await game(18)),
        17: () => end(calledOff, 'CANCELED'),
        19: () => grant(journey, fan),
        20: () =>
          sql(`insert into policy (version, ordinal, effective_at, material_change, language, text, sha256)
          values ('a', 1, '${on(0).toISOString()}', false, 'en', '', ''), ('b', 2, '${on(21).toISOString()}', true, 'en', '', '')`),
        23: () => grant(journey, fan, { policy_ordinal: 2 }),
      };
      const seen: [number, boolean][] = [];
      for (let quarter = 0; quarter < 100; quarter += 1) {
        const day = quarter / 4;
        await journey.to(on(day));
        await acts[day]?.();
        await journey.to(on(day + 1 / 8));
        const [row] = await sql<{ held: boolean }>(`select mask & (1 << consent_scope_bit('LOYALTY')) <> 0 as held
          from consent_mask(array[${fan}::bigint], null, null, app_now())`);
        seen.push([day + 1 / 8, row!.held]);
      }
      await journey.to(on(26));
      const instants = seen.map(([day]) => `('${on(day).toISOString()}'::timestamptz)`);
      const counted = await sql<{ held: boolean }>(`
        select h.periods @> instant.at as held from (values ${instants}) instant (at),
          consent_held(array[${fan}::bigint], 'LOYALTY', app_now()) h order by instant.at`);
      expect(counted.map(({ held }) => held)).toEqual(seen.map(([, held]) => held));
      expect(new Set(seen.map(([, held]) => held)).size).toBe(2);
    }));
});
