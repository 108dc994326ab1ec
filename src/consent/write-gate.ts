/**
 * Writing passes the gate like reading. A slice declares which scope each value needs; the gate asks the rule inside
 * the caller's transaction, with the fan's row locked, so that a withdrawal either comes before (and is seen) or after
 * (and takes the stored value with it). What is told late needs the consent of its own time too: what lay between two
 * grants is not stored afterwards either.
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

export interface WriteSubject {
  fanId: string;
  /** Where it happens, or happened. */
  gameId: string | null;
  /** When it happened, of what is told late. */
  at?: Date | null;
}

/**
 * The values that may be stored; null and undefined pass as they are, since storing nothing needs no consent.
 * @throws ConsentError CONSENT_REQUIRED that names every missing scope.
 */
export async function gateWrite<T extends Record<string, unknown>>(
  em: SqlEntityManager,
  subject: WriteSubject,
  values: T,
  scopes: { readonly [K in keyof T]: ScopedValue },
): Promise<{ [K in keyof T]: T[K] | undefined }> {
  await em.execute(sql`select 1 from fan where id = ${subject.fanId} for share`);
  const [row] = await em.execute<{ mask: number }[]>(sql`
    select mask from consent_mask(${arrayOf([subject.fanId])}::bigint[], null, ${subject.gameId}::bigint, app_now())`);
  const mask = row?.mask ?? 0;
  const then = subject.at ? await findHeldThen(em, subject, subject.at, scopes) : null;
  const holds = (scope: ConsentScope) => (mask & bitOf(scope)) !== 0 && (then?.has(scope) ?? true);
  const missing = new Set<ConsentScope>();
  const storable: { [K in keyof T]: T[K] | undefined } = { ...values };
  for (const name of Object.keys(values) as (keyof T)[]) {
    const { scope, otherwise } = scopes[name];
    if (values[name] === undefined || values[name] === null || holds(scope)) continue;
    if (otherwise === 'refuse') missing.add(scope);
    else storable[name] = undefined;
  }
  if (missing.size > 0) {
    const names = [...missing];
    throw new ConsentError('CONSENT_REQUIRED', `This needs consent to ${names.join(', ')}.`, names);
  }
  return storable;
}

/** Those of the scopes that the operator held at that instant, in a game that the fan had not chosen to sit out. */
async function findHeldThen(
  em: SqlEntityManager,
  { fanId, gameId }: WriteSubject,
  at: Date,
  scopes: Readonly<Record<string, ScopedValue>>,
): Promise<ReadonlySet<ConsentScope>> {
  const asked = arrayOf([...new Set(Object.values(scopes).map(({ scope }) => scope))]);
  const rows = await em.execute<{ scope: ConsentScope }[]>(sql`
    select asked.scope
    from unnest(${asked}::text[]) asked (scope), consent_held(array[${fanId}::bigint], asked.scope, app_now()) held
    where held.periods @> ${at.toISOString()}::timestamptz and not exists (
      select 1 from consent_pause p join game g on g.id = p.game_id and g.session = p.session
      where p.fan_id = ${fanId} and p.game_id = ${gameId}::bigint and p.at <= ${at.toISOString()}::timestamptz)`);
  return new Set(rows.map(({ scope }) => scope));
}
