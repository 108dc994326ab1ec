/** The households of the files as members: who is not known yet is enrolled, everybody else is left as they are. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Sealer } from '../../consent/index.ts';
import { arrayOf } from '../../db/sql.ts';
import { enrollMembers } from '../../fans/index.ts';
import { happenAt } from './past.ts';
import type { Membership } from './plan.ts';

export const SUBJECT = 'household:';
/** Members a transaction: a command that is killed leaves whole members. */
const BATCH = 50;

/** `advance` is told how many are done. */
export async function enrollHouseholds(
  em: SqlEntityManager,
  members: readonly Membership[],
  sealer: Sealer,
  advance: (steps: number) => void,
): Promise<void> {
  const known = await findFans(em, members);
  const unknown = members.filter(({ household }) => !known.has(household));
  advance(members.length - unknown.length);
  const bySince = Map.groupBy(unknown, ({ since }) => since.getTime());
  for (const [since, together] of bySince) {
    for (let at = 0; at < together.length; at += BATCH) {
      const batch = together.slice(at, at + BATCH);
      const fans = batch.map(({ household, until }) => ({
        subject: SUBJECT + household,
        scopes: ['OFFERS_LIVE'] as const,
        until,
      }));
      await happenAt(em, new Date(since), (tx) => enrollMembers(tx, fans, sealer));
      advance(batch.length);
    }
  }
}

/** By household. */
export async function findFans(
  em: SqlEntityManager,
  rows: readonly { household: string }[],
): Promise<ReadonlyMap<string, string>> {
  const subjects = [...new Set(rows.map(({ household }) => SUBJECT + household))];
  const fans = await em.execute<{ id: string; subject: string }[]>(
    sql`select id, subject from fan where subject = any (${arrayOf(subjects)}::text[])`,
  );
  return new Map(fans.map(({ id, subject }) => [subject.slice(SUBJECT.length), id]));
}
