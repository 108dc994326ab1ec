/** What a database that hangs up in the middle of a transaction leaves behind: nothing. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('the pool of connections', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('has all its places again, however many transactions have lost theirs', async () => {
    const orm = await connectOrm(database.url, { max: 2 });
    const lose = () =>
      orm.em.fork().transactional(async (em) => {
        await em.execute(sql`select pg_terminate_backend(pg_backend_pid())`);
      });
    for (let round = 0; round < 2; round += 1) {
      const lost = await Promise.allSettled([lose(), lose()]);
      expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    }
    expect(await orm.em.fork().execute(sql`select 1 as one`)).toEqual([{ one: 1 }]);
    await orm.close(true);
  });
});
