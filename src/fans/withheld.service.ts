/** Which scopes are off, and why: the fan's own right to know, and nobody else's. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { CONSENT_SCOPES, type ConsentScope } from '../consent/index.ts';
import { arrayOf } from '../db/sql.ts';

export const WITHHELD_REASONS = [
  'NEVER_ASKED',
  'WITHDRAWN',
  'PAUSED',
  'EXPIRED',
  'GAME_OVER',
  'OTHER_GAME',
  'POLICY_OUTDATED',
] as const;
export type WithheldReason = (typeof WITHHELD_REASONS)[number];

export interface Withheld {
  scope: ConsentScope;
  reason: WithheldReason;
  /** For PAUSED: the game that is sat out. */
  gameId: string | null;
}

/**
 * The operator's scopes that are not in force, in the catalogue's order; the newest grant gives the reason. What is in
 * force is PAUSED while the fan sits a game out: the one of several that starts first.
 */
export async function findWithheld(em: SqlEntityManager, fanId: string): Promise<Withheld[]> {
  const fans = arrayOf([fanId]);
  const [paused] = await em.execute<{ game_id: string }[]>(sql`
    select p.game_id from consent_pauses_at(${fans}::bigint[], null, app_now()) p join game g on g.id = p.game_id
    where p.in_force order by g.starts_at, g.id limit 1`);
  const rows = await em.execute<{ scope: ConsentScope; status: WithheldReason | 'GRANTED' }[]>(sql`
    select distinct on (scope) scope, status
    from consent_grants_at(${fans}::bigint[], null, app_now())
    where recipient_id is null order by scope, status = 'GRANTED' desc, id desc`);
  const newest = new Map(rows.map((row) => [row.scope, row.status]));
  return CONSENT_SCOPES.flatMap((scope): Withheld[] => {
    const status = newest.get(scope) ?? 'NEVER_ASKED';
    const isPaused = status === 'PAUSED' || (status === 'GRANTED' && paused !== undefined);
    if (isPaused) return [{ scope, reason: 'PAUSED', gameId: paused?.game_id ?? null }];
    return status === 'GRANTED' ? [] : [{ scope, reason: status, gameId: null }];
  });
}
