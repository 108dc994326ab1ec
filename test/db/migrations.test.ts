/** The schema of the database: what the entities say, and back. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

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
    await orm.migrator.down({ to: 0 });
    expect(await leftovers()).toEqual([]);
    await orm.migrator.up();
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
    await orm.close(true);
  });
});
