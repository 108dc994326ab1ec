/** A fresh, migrated database for one test file. */
import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { databaseUrl, TEMPLATE, withAdmin } from './template.ts';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const adminUrl = inject('postgresUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await withAdmin(adminUrl, async (admin) => {
    // Cloning needs the template to itself; clones take turns.
    await admin.query("select pg_advisory_lock(hashtext('template'))");
    await admin.query(`create database ${name} template ${TEMPLATE}`);
  });
  return {
    url: databaseUrl(adminUrl, name),
    drop: () =>
      withAdmin(adminUrl, async (admin) => void (await admin.query(`drop database if exists ${name} (force)`))),
  };
}
