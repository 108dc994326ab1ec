/** What DATABASE_URL says of the session holds in every connection of the pool. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it.each([0, 7])('with a limit of %i seconds on transactions, and without', async (transactionSeconds) => {
  const url = new URL(database.url);
  url.searchParams.set('options', '-c application_name=elsewhere');
  const orm = await connectOrm(url.href, { transactionSeconds });
  try {
    const [row] = await orm.em.fork().execute(`
      select current_setting('application_name') as name, current_setting('transaction_timeout') as limited`);
    expect(row).toEqual({ name: 'elsewhere', limited: transactionSeconds === 0 ? '0' : '7s' });
  } finally {
    await orm.close(true);
  }
});

it('with TLS, where it says so: this server has none, and nothing is sent in the clear instead', async () => {
  const url = new URL(database.url);
  url.searchParams.set('sslmode', 'require');
  const orm = await connectOrm(url.href);
  try {
    await expect(orm.em.fork().execute('select 1')).rejects.toThrow(/SSL/);
  } finally {
    await orm.close(true);
  }
});
