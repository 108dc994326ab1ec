/** Who deals with fans on the spot: staff, and devices such as tills and gates. Each has idempotency keys of its own. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Context } from '../context.ts';
import { readNow } from '../db/sql.ts';
import { InputError } from '../errors.ts';
import { requireRole } from '../identity/roles.ts';
import type { Viewer } from '../identity/viewer.ts';
import { readMemberCode } from './member-codes.ts';

export interface Till {
  readonly name: string;
  readonly venueIds: readonly string[];
}

/** @throws AccessError for everybody else. */
export function requireTill(viewer: Viewer): Till {
  if (viewer.role === 'DEVICE') return { name: `device:${viewer.sensorId}`, venueIds: [viewer.venueId] };
  const { subject, venueIds } = requireRole(viewer, 'STAFF');
  return { name: `staff:${subject}`, venueIds };
}

/** The fan who shows this code. @throws InputError for one that is not valid, or no longer. */
export async function requireShown({ codes }: Context, em: SqlEntityManager, code: string): Promise<string> {
  const fanId = readMemberCode(codes, code, await readNow(em));
  if (!fanId)
    throw new InputError('input.fanCode is not a valid code. Ask the fan to show a new one.', 'input.fanCode');
  return fanId;
}

/** Of two requests of one caller with one key the second sees what the first has done. */
export async function takeTurns(em: SqlEntityManager, caller: string, idempotencyKey: string): Promise<void> {
  await em.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${caller} ${idempotencyKey}`}, 0))`);
}
