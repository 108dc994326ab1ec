/** Which scopes are off, and why: the fan's own right to know, and nobody else's. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { CONSENT_SCOPES, type ConsentScope } from '../consent/index.ts';
import { arrayOf } from '../db/sql.ts';

export const WITHHELD_REASONS = [
  'NEVER_ASKED',
  'WITHDRAWN',
  'EXPIRED',
  'GAME_OVER',
  'OTHER_GAME',
  'POLICY_OUTDATED',
] as const;
export type WithheldReason = (typeof WITHHELD_REASONS)[number];

export interface Withheld {
  scope: ConsentScope;
  reason: WithheldReason;
}

/** The operator's scopes that are not in force, in the catalogue's order; the newest grant gives the reason. */
export async function findWithheld(em: SqlEntityManager, fanId: string): Promise<Withheld[]> {
  const rows = await em.execute<{ scope: ConsentScope; status: WithheldReason | 'GRANTED' }[]>(sql`
    select distinct on (scope) scope, status
    from consent_grants_at(${arrayOf([fanId])}::bigint[], null, app_now())
    where recipient_id is null order by scope, status = 'GRANTED' desc, id desc`);
  const newest = new Map(rows.map((row) => [row.scope, row.status]));
  return CONSENT_SCOPES.flatMap((scope) => {
    const status = newest.get(scope) ?? 'NEVER_ASKED';
    return status === 'GRANTED' ? [] : [{ scope, reason: status }];
  });
}
