/**
 * A fan's engagement with an offer: stored once for each kind, only under HISTORY_ENGAGEMENT, and told to the partner
 * where the fan shares their presence with it. A dismissal is stored, and told to nobody.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { gateWrite } from '../consent/index.ts';
import type { Context } from '../context.ts';
import { arrayOf, readNow } from '../db/sql.ts';
import { InputError, NotFoundError } from '../errors.ts';
import { requireFan } from '../identity/roles.ts';
import { read } from '../input.ts';
import { emit, partnerTopic } from '../live/index.ts';
import { earnByRules } from '../loyalty/index.ts';
import { ENGAGEMENT_KINDS, ENGAGEMENT_SCOPES } from './engagement.entity.ts';

const NewEngagement = z.object({
  offerId: z.string(),
  kind: z.enum(ENGAGEMENT_KINDS),
  at: z.date().nullable(),
});
export type NewEngagement = z.infer<typeof NewEngagement>;

/** How the fan came to know of the offer. */
interface Told {
  announcement_id: string;
  announced_at: Date;
  game_id: string;
  campaign_id: string;
  partner_id: string;
}

/**
 * Whether it is recorded; false without consent, and then nothing of it is kept. The first of a kind counts: another
 * answers `true` and changes nothing.
 * @throws NotFoundError for an offer that is unknown or was never announced to this fan, InputError for its time.
 */
export async function recordEngagement(context: Context, input: NewEngagement): Promise<boolean> {
  const { fanId } = requireFan(context.viewer);
  const wanted = read(NewEngagement, input);
  const outcome = await context.em.transactional(async (em) => {
    const told = await findTold(em, wanted.offerId, fanId);
    if (!told) throw new NotFoundError('The offer');
    const at = await requireBetween(em, new Date(told.announced_at), wanted.at);
    const { engagement } = await gateWrite(
      em,
      { fanId, gameId: told.game_id, at: wanted.at },
      { engagement: wanted.kind },
      ENGAGEMENT_SCOPES,
    );
    if (!engagement) return { recorded: false, isTold: false };
    const isTold = await store(em, fanId, told, { ...wanted, at });
    await earn(em, fanId, told, wanted);
    return { recorded: true, isTold };
  });
  if (outcome.isTold) context.live.wake();
  return outcome.recorded;
}

/** Once for each kind, which the reference says; to dismiss an offer earns nothing. */
async function earn(
  em: SqlEntityManager,
  fanId: string,
  told: Told,
  { offerId, kind, at }: NewEngagement,
): Promise<void> {
  if (kind === 'DISMISS') return;
  const reference = `offer:${offerId}:${kind}:${fanId}`;
  await earnByRules(em, { fanId, gameId: told.game_id, at, source: 'ENGAGEMENT', action: kind, reference });
}

async function findTold(em: SqlEntityManager, offerId: string, fanId: string): Promise<Told | null> {
  const [told] = await em.execute<Told[]>(sql`
    select a.id as announcement_id, a.at as announced_at, a.game_id, a.campaign_id, c.partner_id
    from delivery d join announcement a on a.id = d.announcement_id join campaign c on c.id = a.campaign_id
    where d.offer_id = ${offerId} and d.fan_id = ${fanId}`);
  return told ?? null;
}

async function requireBetween(em: SqlEntityManager, announcedAt: Date, at: Date | null): Promise<Date> {
  const now = await readNow(em);
  if (at && (at < announcedAt || at > now)) {
    throw new InputError('at must lie between the announcement and now.', 'input.at');
  }
  return at ?? now;
}

/** Whether the partner is told of it. */
async function store(
  em: SqlEntityManager,
  fanId: string,
  told: Told,
  { offerId, kind, at }: NewEngagement & { at: Date },
): Promise<boolean> {
  const fans = arrayOf([fanId]);
  const [row] = await em.execute<{ id: string; shared: boolean }[]>(sql`
    insert into engagement (announcement_id, offer_id, fan_id, kind, at, lineages, partner_lineages)
    select ${told.announcement_id}::bigint, ${offerId}::bigint, own.fan_id, ${kind}, ${at.toISOString()}::timestamptz,
      own.lineages, sharing.lineages
    from consent_mask(${fans}::bigint[], null, ${told.game_id}::bigint, app_now()) own
    left join consent_sharing(${fans}::bigint[], 'PRESENCE_VENUE', ${told.partner_id}::bigint, ${told.game_id}::bigint,
      app_now()) sharing on sharing.fan_id = own.fan_id and ${kind} <> 'DISMISS'
    on conflict (fan_id, offer_id, kind) do nothing
    returning id, partner_lineages is not null as shared`);
  if (!row?.shared) return false;
  await emit(em, partnerTopic(told.partner_id), 'OFFER_ENGAGED', {
    engagementId: row.id,
    campaignId: told.campaign_id,
  });
  return true;
}
