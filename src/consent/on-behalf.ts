/**
 * Who may act on a fan's consent. Giving is for a fan of age, and for the guardian of a minor; nothing about a minor is
 * given to a partner. Taking away protects, so it is for the fan at any age, and for the guardian of a minor or of a
 * ward who has no sign-in.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { AccessError, NotFoundError } from '../errors.ts';
import { requireFan } from '../identity/roles.ts';
import type { Viewer } from '../identity/viewer.ts';

interface Standing {
  minor: boolean;
  guarded: boolean;
  signsIn: boolean;
}

/** @throws AccessError GUARDIAN_REQUIRED or FORBIDDEN, NotFoundError for a fan who is no ward of the viewer. */
export async function requireMayGive(
  em: SqlEntityManager,
  viewer: Viewer,
  { fanId, recipientId }: { fanId: string; recipientId: string | null },
): Promise<void> {
  const self = requireFan(viewer).fanId === fanId;
  const standing = await findStanding(em, viewer, fanId);
  if (!self && !(standing?.guarded && standing.minor)) throw new NotFoundError('The ward');
  if (self && standing?.minor) throw new AccessError('GUARDIAN_REQUIRED', 'At this age a guardian consents.');
  if (standing?.minor && recipientId !== null) {
    throw new AccessError('FORBIDDEN', 'Nothing about a minor is shared with partners.');
  }
}

/** @throws NotFoundError for a fan who is no ward of the viewer. */
export async function requireMayTakeAway(em: SqlEntityManager, viewer: Viewer, fanId: string): Promise<void> {
  if (requireFan(viewer).fanId === fanId) return;
  const standing = await findStanding(em, viewer, fanId);
  if (!standing?.guarded || !(standing.minor || !standing.signsIn)) throw new NotFoundError('The ward');
}

async function findStanding(em: SqlEntityManager, viewer: Viewer, fanId: string): Promise<Standing | undefined> {
  const [row] = await em.execute<{ minor: boolean; guarded: boolean; signs_in: boolean }[]>(sql`
    select coalesce(minor_until > app_now(), false) as minor, subject is not null as signs_in,
      coalesce(guardian_id = ${requireFan(viewer).fanId}::bigint, false) as guarded
    from fan where id = ${fanId}`);
  return row && { minor: row.minor, guarded: row.guarded, signsIn: row.signs_in };
}
