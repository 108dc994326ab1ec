/** Enrolling, and what fans say about themselves. Each personal value is stored only under the scope it needs. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import {
  type ConsentScope,
  gateWrite,
  grantScopes,
  type Receipt,
  recordVeto,
  requireCurrentPolicy,
  type ScopedValue,
} from '../consent/index.ts';
import { actRecorded, type Context, consentChanged } from '../context.ts';
import { readNow } from '../db/sql.ts';
import { AccessError, ConflictError, NotFoundError } from '../errors.ts';
import { requireFan, requireRole } from '../identity/roles.ts';
import { read } from '../input.ts';
import { Team } from '../venues/index.ts';
import { isMinor } from './age.service.ts';
import { FAN_COLUMN_SCOPES, Fan } from './fan.entity.ts';

const Profile = z.object({
  displayName: z.string().trim().min(1).max(100),
  email: z.email().max(254).nullish(),
  favoriteTeamId: z.string().nullish(),
  birthYear: z.number().int().min(1900).max(2100).nullish(),
});
export const NewFan = Profile.extend({
  policyVersion: z.string(),
  jurisdiction: z
    .string()
    .regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/, 'must be an ISO 3166 code, such as US or US-CA')
    .nullish(),
});
const Changes = Profile.partial();

export interface EnrollFan extends z.infer<typeof NewFan> {
  alsoGrant: readonly ConsentScope[];
}

/** PROFILE and LOYALTY go to the operator by enrolling; nothing else that was not asked for by name. */
export const BY_ENROLLING: readonly ConsentScope[] = ['PROFILE', 'LOYALTY'];

/**
 * One commit: the fan, the grants, the profile. A veto of partners that comes along is the next.
 * @throws ConflictError ALREADY_ENROLLED, ConsentError, InputError.
 */
export async function enrollFan(context: Context, input: EnrollFan): Promise<{ fan: Fan; receipt: Receipt }> {
  const viewer = requireRole(context.viewer, 'FAN');
  const { policyVersion, jurisdiction, ...profile } = read(NewFan, input);
  const enrolled = await context.em.transactional(async (em) => {
    const policy = await requireCurrentPolicy(em, policyVersion);
    await refuseMinor(em, profile.birthYear ?? null, jurisdiction ?? null);
    const [row] = await em.execute<{ id: string }[]>(sql`
      insert into fan (subject, jurisdiction) values (${viewer.subject}, ${jurisdiction ?? null})
      on conflict (subject) do nothing returning id`);
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
    return { fan: await storeProfile(em, row.id, profile), receipt };
  });
  viewer.fanId = enrolled.fan.id;
  consentChanged(context, enrolled.fan.id);
  actRecorded(context);
  if (context.vetoesPartners) await recordVeto(context, viewer);
  return enrolled;
}

/** What is left out stays; null removes. @throws ConsentError CONSENT_REQUIRED, AccessError, InputError. */
export async function updateFan(context: Context, input: z.infer<typeof Changes>): Promise<Fan> {
  const { fanId } = requireFan(context.viewer);
  const changes = read(Changes, input);
  return context.em.transactional(async (em) => {
    const fan = await em.findOneOrFail(Fan, { id: fanId });
    if (changes.birthYear !== undefined) await refuseRebirth(em, fan, changes.birthYear);
    return storeProfile(em, fanId, changes);
  });
}

/** Writes what the scopes in force allow. @throws ConsentError CONSENT_REQUIRED, NotFoundError for the team. */
export async function storeProfile(em: SqlEntityManager, fanId: string, values: z.infer<typeof Changes>): Promise<Fan> {
  if (values.favoriteTeamId && !(await em.findOne(Team, { id: values.favoriteTeamId })))
    throw new NotFoundError('The team');
  // The gate would share the row, and of two requests that share it neither could then write.
  await em.execute(sql`select 1 from fan where id = ${fanId} for no key update`);
  const storable = await gateWrite(em, { fanId, gameId: null }, values, refuseUnscoped);
  const fan = await em.findOneOrFail(Fan, { id: fanId }, { refresh: true });
  em.assign(fan, Object.fromEntries(Object.entries(storable).filter(([, value]) => value !== undefined)) as never);
  await em.flush();
  return fan;
}

const refuseUnscoped = Object.fromEntries(
  Object.entries(FAN_COLUMN_SCOPES).map(([column, scope]) => [column, { scope, otherwise: 'refuse' }]),
) as Record<keyof typeof FAN_COLUMN_SCOPES, ScopedValue>;

async function refuseMinor(em: SqlEntityManager, birthYear: number | null, jurisdiction: string | null): Promise<void> {
  if (await isMinor(em, birthYear, jurisdiction)) {
    throw new AccessError('GUARDIAN_REQUIRED', 'At this age a guardian enrolls and consents.');
  }
}

/** Neither does an adult become a minor by saying so, nor a minor an adult. */
async function refuseRebirth(em: SqlEntityManager, fan: Fan, birthYear: number | null): Promise<void> {
  await refuseMinor(em, birthYear, fan.jurisdiction ?? null);
  if (fan.minorUntil && fan.minorUntil > (await readNow(em))) {
    throw new AccessError('GUARDIAN_REQUIRED', 'The year of birth of a minor stands as the guardian gave it.');
  }
}
