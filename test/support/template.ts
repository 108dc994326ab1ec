/** The database that every test file's own is cloned from: migrated once per run. */
import { Client } from 'pg';
import { migrate } from '../../src/db/migrate.ts';

export const TEMPLATE = 'tightrope_template';

export async function buildTemplate(adminUrl: string): Promise<void> {
  await withAdmin(adminUrl, (admin) => admin.query(`create database ${TEMPLATE}`));
  const url = databaseUrl(adminUrl, TEMPLATE);
  await migrate(url);
  await withAdmin(url, (client) => client.query('update installation set time_travel = true'));
}

export function databaseUrl(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

export async function withAdmin<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
