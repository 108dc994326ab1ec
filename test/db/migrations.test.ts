/** The schema of the database: what the entities say, and back. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { emit } from '../../src/live/index.ts';
import { readOutbox } from '../../src/live/outbox.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const PARTED = '20261125000050-outbox';

describe('the migrations', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('leave nothing that the entities would change, go down to nothing, and up again', async () => {
    const orm = await connectOrm(database.url);
    const leftovers = () =>
      orm.em.fork().execute<{ name: string }[]>(sql`
        select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S')
          and relname not like 'mikro_orm%'
        union all select proname from pg_proc where pronamespace = 'public'::regnamespace`);
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
    // Not empty: what an older schema has no words for must not keep it from coming back.
    await orm.em.fork().execute(`
      insert into venue (code, name, city, time_zone) values ('V', 'V', 'C', 'UTC');
      insert into game (venue_id, starts_at) select id, app_now() from venue;
      insert into fan (subject) values ('guardian');
      insert into fan (guardian_id, ward_key, birth_year) select id, 'key', 2020 from fan;
      select consent_pause_game(gen_random_uuid(), f.id, g.id, app_now(), '', uuid_send(gen_random_uuid()), ''),
        consent_veto_partners(gen_random_uuid(), f.id, app_now(), '', uuid_send(gen_random_uuid()), '')
      from fan f, game g`);
    await orm.migrator.down({ to: 0 });
    expect(await leftovers()).toEqual([]);
    await orm.migrator.up();
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
    await orm.close(true);
  });

  it('keep what streams have yet to tell when the outbox is parted, in its order, and put back whole', async () => {
    const fresh = await createTestDatabase();
    const orm = await connectOrm(fresh.url);
    const em = orm.em.fork();
    const events = async () => {
      const rows = await em.execute<{ n: string }[]>(`select payload->>'n' as n from outbox order by xid, id`);
      return rows.map(({ n }) => n);
    };
    const tell = (n: string) => em.transactional((writer) => emit(writer, 'game:1', 'OFFER_ANNOUNCED', { n }));
    await orm.migrator.down({ migrations: [PARTED] });
    await tell('first');
    await tell('second');
    expect((await orm.migrator.getPending()).map(({ name }) => name)).toContain(PARTED);
    await orm.migrator.up();
    const before = { xid: 0n, id: 0n };
    await em.execute('select outbox_enter()');
    await tell('third');
    const read = () => readOutbox(em, before, 10, 'game:1');
    const told = async () => (await read()).events.map(({ payload }) => payload.n);
    // A transaction of another test, in another database of this server, may keep the last back for a while.
    await expect.poll(told, { timeout: 10_000 }).toEqual(['first', 'second', 'third']);
    expect((await read()).horizon).toBe(0n);
    await orm.migrator.down({ migrations: [PARTED] });
    await tell('fourth');
    expect(await events()).toEqual(['first', 'second', 'third', 'fourth']);
    await orm.close(true);
    await fresh.drop();
  });
});
