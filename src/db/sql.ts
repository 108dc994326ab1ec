/** Small bridges to PostgreSQL: its arrays, and its clock. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';

/** Keys or codes as a PostgreSQL array literal, to be cast: `${arrayOf(ids)}::bigint[]`. */
export const arrayOf = (values: readonly string[]): string =>
  `{${values.map((value) => `"${value.replace(/(["\\])/g, '\\$1')}"`).join(',')}}`;

/** The same for keys, which are digits, and may be many. */
export const arrayOfKeys = (keys: readonly string[]): string => `{${keys.join(',')}}`;

/** The instant by which rules are judged: the database's clock, or the one that a replay or a test has set. */
export async function readNow(em: SqlEntityManager): Promise<Date> {
  const [row] = await em.execute<{ now: Date }[]>(sql`select app_now() as now`);
  return new Date(row!.now);
}
