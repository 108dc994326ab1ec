/**
 * Guardians and their wards. Below the age of consent an enrolled adult enrolls the ward and consents for them; all
 * else about a ward is what it is about any fan. A ward may have a sign-in of their own: whoever enrolls them shows
 * their token, since a subject that is merely named could be anybody's.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { type ConsentScope, grantScopes, type Receipt, requireCurrentPolicy } from '../consent/index.ts';
import { actRecorded, type Context, consentChanged } from '../context.ts';
import { AccessError, ConflictError, InputError } from '../errors.ts';
import { requireFan } from '../identity/roles.ts';
import { read } from '../input.ts';
import { isMinor } from './age.service.ts';
import { Fan } from './fan.entity.ts';
import { BY_ENROLLING, NewFan, storeProfile } from './fans.service.ts';

const NewWard = NewFan.pick({ displayName: true, policyVersion: true, jurisdiction: true }).extend({
  birthYear: z.number().int().min(1900).max(2100),
  wardToken: z.string().nullish(),
  idempotencyKey: z.string().min(1).max(200),
});

export interface EnrollWard extends z.infer<typeof NewWard> {
  alsoGrant: readonly ConsentScope[];
}

export interface EnrolledWard {
  ward: Fan;
  /** Null once its opening has been erased. */
  receipt: Receipt | null;
}

/**
 * One commit: the ward, the grants, the profile. The same key answers with the same ward.
 * @throws AccessError GUARDIAN_REQUIRED for a guardian who is a minor, ConflictError ALREADY_ENROLLED, ConsentError,
 * InputError for a ward who is of age, and for a token that is not one of theirs.
 */
export async function enrollWard(context: Context, input: EnrollWard): Promise<EnrolledWard> {
  const { fanId: guardianId, subject: own } = requireFan(context.viewer);
  const { policyVersion, wardToken, idempotencyKey, jurisdiction, ...profile } = read(NewWard, input);
  const subject = typeof wardToken === 'string' ? await readSubject(context, wardToken, own) : null;
  const enrolled = await context.em.transactional(async (em) => {
    const guardian = await requireAdult(em, guardianId);
    const repeated = await em.findOne(Fan, { guardianId, wardKey: idempotencyKey });
    if (repeated) return { ward: repeated, receipt: await findFirstReceipt(em, context, repeated.id) };
    const place = jurisdiction ?? guardian.jurisdiction;
    if (!(await isMinor(em, profile.birthYear, place))) {
      throw new InputError('At this age they enroll themselves.', 'input.birthYear');
    }
    const policy = await requireCurrentPolicy(em, policyVersion);
    const [row] = await em.execute<{ id: string }[]>(sql`
      insert into fan (subject, jurisdiction, guardian_id, ward_key)
      values (${subject}, ${place}, ${guardianId}, ${idempotencyKey}) on conflict (subject) do nothing returning id`);
    if (!row) throw new ConflictError('ALREADY_ENROLLED', 'This subject is enrolled already.');
    const act = {
      fanId: row.id,
      scopes: [...BY_ENROLLING, ...input.alsoGrant],
      recipientId: null,
      duration: null,
      gameId: null,
      until: null,
      policyOrdinal: policy.ordinal,
    };
    const { receipt } = await grantScopes(em, act, context.ledger.sealer);
    return { ward: await storeProfile(em, row.id, profile), receipt };
  });
  consentChanged(context, enrolled.ward.id);
  actRecorded(context);
  return enrolled;
}

/** Of the act by which they were enrolled. */
async function findFirstReceipt(em: SqlEntityManager, { ledger }: Context, fanId: string): Promise<Receipt | null> {
  const rows = await em.execute<{ act_id: string }[]>(
    sql`select act_id from consent_event where fan_id = ${fanId} order by id limit 1`,
  );
  const receipts = await ledger.findReceipts(
    em,
    fanId,
    rows.map((row) => row.act_id),
  );
  return receipts.get(rows[0]?.act_id ?? '') ?? null;
}

/** The minors whose guardian this fan is. */
export const findWards = (em: SqlEntityManager, guardianId: string): Promise<Fan[]> =>
  em.find(Fan, { guardianId, minorUntil: { $gt: sql`app_now()` } }, { orderBy: { id: 'asc' } });

/** Locks the guardian, so that of two requests with one key the second sees the first. */
async function requireAdult(em: SqlEntityManager, fanId: string): Promise<{ jurisdiction: string | null }> {
  const [guardian] = await em.execute<{ minor: boolean | null; jurisdiction: string | null }[]>(sql`
    select minor_until > app_now() as minor, jurisdiction from fan where id = ${fanId} for no key update`);
  if (guardian?.minor) throw new AccessError('GUARDIAN_REQUIRED', 'A minor cannot be a guardian.');
  return { jurisdiction: guardian?.jurisdiction ?? null };
}

async function readSubject({ verify }: Context, token: string, own: string): Promise<string> {
  const claims = await verify(token).catch((error: unknown) => {
    if (error instanceof AccessError) throw new InputError('The token of the ward is not valid.', 'input.wardToken');
    throw error;
  });
  if (claims.role === 'FAN' && claims.sub !== own) return claims.sub;
  throw new InputError('The token must be one of the ward, as a FAN.', 'input.wardToken');
}
