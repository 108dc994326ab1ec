/**
 * Granting and withdrawing in SQL. Each is one function call in one commit, with its entry in the ledger; when a
 * withdrawal has taken effect on every node, the barrier tells.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { sayIfUnknown } from '../db/outcome.ts';
import { arrayOf } from '../db/sql.ts';
import { ConflictError, InputError, NotFoundError } from '../errors.ts';
import type { GrantDuration } from './grant.entity.ts';
import { type NamedScope, type Receipt, type Sealer, sealedArguments } from './ledger/index.ts';
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

export const GRANT_STATUSES = [
  'GRANTED',
  'WITHDRAWN',
  'VETOED',
  'EXPIRED',
  'GAME_OVER',
  'PAUSED',
  'POLICY_OUTDATED',
] as const;
export type GrantStatus = (typeof GRANT_STATUSES)[number];

export interface Granted {
  grants: GrantRow[];
  /** For the fan, once the act is committed. */
  receipt: Receipt;
}

/** The grants given, in the order of the scopes. Runs in the caller's transaction; wake the ledger after its commit. */
export async function grantScopes(em: SqlEntityManager, act: ActOfGranting, sealer: Sealer): Promise<Granted> {
  const scopes = [...new Set(act.scopes)];
  if (scopes.length === 0) throw new InputError('Name at least one scope.', 'input.scopes');
  const durations = scopes.map((scope) => act.duration ?? (act.until ? 'UNTIL' : CATALOGUE[scope].defaultDuration));
  const named = await nameScopes(em, act, scopes, durations);
  const { fanId, recipientId, policyOrdinal } = act;
  const gameId = durations.includes('GAME') ? act.gameId : null;
  const sealed = await sealer.seal(em, {
    action: 'GRANTED',
    fanId,
    recipientId,
    gameId,
    policyOrdinal,
    scopes: named,
  });
  const rows = await em.execute<{ id: string }[]>(sql`
    select id from consent_grant_scopes(
      ${sealed.actId}, ${fanId}, ${arrayOf(scopes)}::text[], ${arrayOf(durations)}::text[], ${recipientId}::bigint,
      ${act.gameId}::bigint, ${act.until}::timestamptz, ${policyOrdinal}, ${sealedArguments(sealed)})`);
  const keys = rows.map((row) => row.id);
  return { grants: await findGrants(em, fanId, keys), receipt: sealed.receipt };
}

/**
 * Each scope with its duration and end, as the entry will say it. The fan and the game are locked, in the order in which
 * the act locks them, so that what is sealed is what will stand.
 */
async function nameScopes(
  em: SqlEntityManager,
  act: ActOfGranting,
  scopes: readonly ConsentScope[],
  durations: readonly GrantDuration[],
): Promise<NamedScope[]> {
  if (act.until !== null && durations.some((duration) => duration !== 'UNTIL')) {
    throw new InputError('until goes with the duration UNTIL.', 'input.until');
  }
  if (durations.includes('UNTIL')) {
    const [now] = await em.execute<{ past: boolean }[]>(sql`select ${act.until}::timestamptz <= app_now() as past`);
    if (act.until === null || now!.past) throw new InputError('UNTIL needs an instant to come.', 'input.until');
  }
  const forGame = scopes.filter((_, place) => durations[place] === 'GAME');
  const cap = await checkGame(em, act, forGame);
  return scopes.map((scope, place) => ({
    scope,
    duration: durations[place]!,
    until: durations[place] === 'GAME' ? cap : durations[place] === 'UNTIL' ? act.until : null,
  }));
}

/** Until when a grant for the game will hold at the latest; a game that is named has to exist, whatever it is for. */
async function checkGame(
  em: SqlEntityManager,
  act: ActOfGranting,
  forGame: readonly ConsentScope[],
): Promise<Date | null> {
  if (act.gameId === null) {
    if (forGame.length === 0) return null;
    throw new InputError(`${forGame.join(', ')} would be for one game: name it, or another duration.`, 'input.gameId');
  }
  await em.execute(sql`select 1 from fan where id = ${act.fanId} for no key update`);
  const [game] = await em.execute<{ over: boolean; cap: Date }[]>(sql`
    select status not in ('SCHEDULED', 'LIVE') or starts_at + game_cap() <= app_now() as over,
      starts_at + game_cap() as cap
    from game where id = ${act.gameId} for share`);
  if (!game) throw new NotFoundError('The game');
  if (forGame.length > 0 && game.over)
    throw new ConflictError('INVALID_STATE', 'That game is over, so nothing can be granted for it.');
  return new Date(game.cap);
}

export interface ActOfWithdrawing {
  fanId: string;
  scopes: readonly ConsentScope[];
  recipientId: string | null;
  erase: boolean;
}

/**
 * The keys of the grants that ended. It commits by itself, in one statement: call it outside any transaction, so that no
 * round trip happens under the consent clock's lock. Wake the ledger afterwards.
 * @throws ServiceError OUTCOME_UNKNOWN when the commit's answer was lost.
 */
export async function withdrawScopes(
  em: SqlEntityManager,
  act: ActOfWithdrawing,
  sealer: Sealer,
): Promise<{ keys: string[]; receipt: Receipt }> {
  if (em.isInTransaction()) throw new Error('A withdrawal commits by itself.');
  const scopes = [...new Set(act.scopes)];
  if (scopes.length === 0) throw new InputError('Name at least one scope.', 'input.scopes');
  const { fanId, recipientId } = act;
  const sealed = await sealer.seal(em, {
    action: 'WITHDRAWN',
    fanId,
    recipientId,
    gameId: null,
    policyOrdinal: null,
    scopes: scopes.map((scope) => ({ scope, duration: null, until: null })),
  });
  const rows = await em
    .execute<{ id: string }[]>(sql`
    select id from consent_withdraw_scopes(
      ${sealed.actId}, ${fanId}, ${arrayOf(scopes)}::text[], ${recipientId}::bigint, ${act.erase},
      ${sealedArguments(sealed)})`)
    .catch(sayIfUnknown);
  return { keys: rows.map((row) => row.id), receipt: sealed.receipt };
}

/** Whose grant this is. */
export async function findGrantee(em: SqlEntityManager, grantId: string): Promise<string | null> {
  const [grant] = await em.execute<{ fan_id: string }[]>(sql`select fan_id from consent_grant where id = ${grantId}`);
  return grant?.fan_id ?? null;
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
