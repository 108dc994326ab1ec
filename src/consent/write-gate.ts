/**
 * Writing passes the gate like reading. A slice declares which scope each value needs; the gate asks the rule inside
 * the caller's transaction, with the fan's row locked, so that a withdrawal either comes before (and is seen) or after
 * (and takes the stored value with it).
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { arrayOf } from '../db/sql.ts';
import { ConsentError } from '../errors.ts';
import { bitOf, type ConsentScope } from './scopes.ts';

export interface ScopedValue {
  scope: ConsentScope;
  /** Without the scope: refuse the whole write, or leave this value out. */
  otherwise: 'refuse' | 'omit';
}

/**
 * The values that may be stored; null and undefined pass as they are, since storing nothing needs no consent.
 * @throws ConsentError CONSENT_REQUIRED that names every missing scope.
 */
export async function gateWrite<T extends Record<string, unknown>>(
  em: SqlEntityManager,
  subject: { fanId: string; gameId: string | null },
  values: T,
  scopes: { readonly [K in keyof T]: ScopedValue },
): Promise<{ [K in keyof T]: T[K] | undefined }> {
  await em.execute(sql`select 1 from fan where id = ${subject.fanId} for share`);
  const [row] = await em.execute<{ mask: number }[]>(sql`
    select mask from consent_mask(${arrayOf([subject.fanId])}::bigint[], null, ${subject.gameId}::bigint, app_now())`);
  const mask = row?.mask ?? 0;
  const missing = new Set<ConsentScope>();
  const storable: { [K in keyof T]: T[K] | undefined } = { ...values };
  for (const name of Object.keys(values) as (keyof T)[]) {
    const { scope, otherwise } = scopes[name];
    if (values[name] === undefined || values[name] === null || (mask & bitOf(scope)) !== 0) continue;
    if (otherwise === 'refuse') missing.add(scope);
    else storable[name] = undefined;
  }
  if (missing.size > 0) {
    const names = [...missing];
    throw new ConsentError('CONSENT_REQUIRED', `This needs consent to ${names.join(', ')}.`, names);
  }
  return storable;
}
