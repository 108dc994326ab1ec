/**
 * Members whom the operator brings along from elsewhere, and states that they agreed: enrolled as of the instant of the
 * caller's transaction, with the acts of granting that enrolling and the operator's statement are, in the ledger like any
 * other. Nobody who is known already is touched. The receipts are handed to nobody: there is no fan at the other end.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { type ConsentScope, findPolicyAsOf, grantScopes, type Sealer } from '../consent/index.ts';
import { arrayOf } from '../db/sql.ts';
import { BY_ENROLLING } from './fans.service.ts';

export interface NewMember {
  readonly subject: string;
  /** What they agreed to besides being a member, and until when. */
  readonly scopes: readonly ConsentScope[];
  readonly until: Date;
}

/** How many were new. Runs in the caller's transaction. */
export async function enrollMembers(
  em: SqlEntityManager,
  members: readonly NewMember[],
  sealer: Sealer,
): Promise<number> {
  const policy = await findPolicyAsOf(em);
  const fans = await em.execute<{ id: string; subject: string }[]>(sql`
    insert into fan (subject) select unnest(${arrayOf(members.map(({ subject }) => subject))}::text[])
    on conflict (subject) do nothing returning id, subject`);
  const bySubject = new Map(members.map((member) => [member.subject, member]));
  for (const { id, subject } of fans) {
    const { scopes, until } = bySubject.get(subject)!;
    const act = { fanId: id, recipientId: null, gameId: null, policyOrdinal: policy.ordinal };
    await grantScopes(em, { ...act, scopes: BY_ENROLLING, duration: null, until: null }, sealer);
    await grantScopes(em, { ...act, scopes, duration: 'UNTIL', until }, sealer);
  }
  await tellNobody(
    em,
    fans.map(({ id }) => `fan:${id}`),
  );
  return fans.length;
}

/** Nobody can have been listening to the feed of a fan who was not there; what happened long ago is no live event. */
async function tellNobody(em: SqlEntityManager, topics: readonly string[]): Promise<void> {
  await em.execute(sql`set constraints consent_event_told immediate`);
  await em.execute(sql`delete from outbox where topic = any (${arrayOf(topics)}::text[])`);
}
