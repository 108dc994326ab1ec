/**
 * Granting and withdrawing. Each is one SQL function call in one commit; a withdrawal has taken effect when it returns
 * on this node, and on every other node no event is decided by anything older (the lease and the barrier come beside).
 */
import { randomUUID } from 'node:crypto';
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { arrayOf } from '../db/sql.ts';
import { ConflictError, InputError, NotFoundError } from '../errors.ts';
import type { GrantDuration } from './grant.entity.ts';
import { CATALOGUE, type ConsentScope } from './scopes.ts';

export interface ActOfGranting {
  fanId: string;
  scopes: readonly ConsentScope[];
  recipientId: string | null;
  /** Null: each scope's own default. */
  duration: GrantDuration | null;
  gameId: string | null;
  until: Date | null;
  policyOrdinal: number;
}

export interface GrantRow {
  id: string;
  fanId: string;
  scope: ConsentScope;
  recipientId: string | null;
  status: GrantStatus;
  gameId: string | null;
  grantedAt: Date;
  expiresAt: Date | null;
  policyVersion: string;
}

export const GRANT_STATUSES = ['GRANTED', 'WITHDRAWN', 'EXPIRED', 'GAME_OVER', 'POLICY_OUTDATED'] as const;
export type GrantStatus = (typeof GRANT_STATUSES)[number];

/** The grants given, in the order of the scopes. Runs in the caller's transaction. */
export async function grantScopes(em: SqlEntityManager, act: ActOfGranting): Promise<GrantRow[]> {
  const scopes = [...new Set(act.scopes)];
  if (scopes.length === 0) throw new InputError('Name at least one scope.', 'input.scopes');
  const durations = scopes.map((scope) => act.duration ?? (act.until ? 'UNTIL' : CATALOGUE[scope].defaultDuration));
  await checkDurations(em, act, scopes, durations);
  const rows = await em.execute<{ id: string }[]>(sql`
    select id from consent_grant_scopes(
      ${randomUUID()}, ${act.fanId}, ${arrayOf(scopes)}::text[], ${arrayOf(durations)}::text[],
      ${act.recipientId}::bigint, ${act.gameId}::bigint, ${act.until}::timestamptz, ${act.policyOrdinal})`);
  return findGrants(
    em,
    act.fanId,
    rows.map((row) => row.id),
  );
}

async function checkDurations(
  em: SqlEntityManager,
  act: ActOfGranting,
  scopes: readonly ConsentScope[],
  durations: readonly GrantDuration[],
): Promise<void> {
  if (durations.includes('UNTIL')) {
    const [now] = await em.execute<{ past: boolean }[]>(sql`select ${act.until}::timestamptz <= app_now() as past`);
    if (act.until === null || now!.past) throw new InputError('UNTIL needs an instant to come.', 'input.until');
  }
  const forGame = scopes.filter((_, place) => durations[place] === 'GAME');
  if (forGame.length > 0 && act.gameId === null) {
    throw new InputError(`${forGame.join(', ')} would be for one game: name it, or another duration.`, 'input.gameId');
  }
  if (act.gameId === null) return;
  const [game] = await em.execute<{ over: boolean }[]>(sql`
    select status not in ('SCHEDULED', 'LIVE') or starts_at + game_cap() <= app_now() as over
    from game where id = ${act.gameId}`);
  if (!game) throw new NotFoundError('The game');
  if (forGame.length > 0 && game.over)
    throw new ConflictError('INVALID_STATE', 'That game is over, so nothing can be granted for it.');
}

/** The grants that ended. Runs in the caller's transaction, and should be all that it does. */
export async function withdrawScopes(
  em: SqlEntityManager,
  act: { fanId: string; scopes: readonly ConsentScope[]; recipientId: string | null; erase: boolean },
): Promise<GrantRow[]> {
  const scopes = [...new Set(act.scopes)];
  if (scopes.length === 0) throw new InputError('Name at least one scope.', 'input.scopes');
  const rows = await em.execute<{ id: string }[]>(sql`
    select id from consent_withdraw_scopes(
      ${randomUUID()}, ${act.fanId}, ${arrayOf(scopes)}::text[], ${act.recipientId}::bigint, ${act.erase})`);
  return findGrants(
    em,
    act.fanId,
    rows.map((row) => row.id),
  );
}

/** A fan's grants as the rule judges them now: the newest per scope, recipient and game, or those with these keys. */
export async function findGrants(em: SqlEntityManager, fanId: string, keys?: readonly string[]): Promise<GrantRow[]> {
  const rows = await em.execute<RawGrant[]>(sql`
    select * from (
      select distinct on (case when ${keys !== undefined} then g.id end, g.scope, g.recipient_id, g.game_id)
        g.id, g.fan_id, g.scope, g.recipient_id, g.game_id, g.granted_at, g.expires_at, p.version as policy_version,
        case when at.status = 'OTHER_GAME' then 'GRANTED' else at.status end as status
      from consent_grants_at(${arrayOf([fanId])}::bigint[], null, app_now()) at
      join consent_grant g on g.id = at.id
      join policy p on p.ordinal = g.policy_ordinal
      where ${keys === undefined} or g.id = any (${arrayOf(keys ?? [])}::bigint[])
      order by case when ${keys !== undefined} then g.id end, g.scope, g.recipient_id, g.game_id, g.id desc
    ) newest order by id`);
  return rows.map((row) => ({
    id: row.id,
    fanId: row.fan_id,
    scope: row.scope,
    recipientId: row.recipient_id,
    status: row.status,
    gameId: row.game_id,
    grantedAt: new Date(row.granted_at),
    expiresAt: row.expires_at ? new Date(row.expires_at) : null,
    policyVersion: row.policy_version,
  }));
}

interface RawGrant {
  id: string;
  fan_id: string;
  scope: ConsentScope;
  recipient_id: string | null;
  game_id: string | null;
  granted_at: Date;
  expires_at: Date | null;
  policy_version: string;
  status: GrantStatus;
}
