/**
 * The contact firewall as people set it. What holds is the tighter of the operator's limits and the fan's; a wish of the
 * fan's is no consent and needs none. Announcing heeds it in the statement that chooses an audience (`contact_skips`).
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import type { Context } from '../../context.ts';
import { NotFoundError } from '../../errors.ts';
import { requireFan } from '../../identity/roles.ts';
import { read } from '../../input.ts';
import { ContactObjection, ContactWish } from './contact.entity.ts';

/** Null: no limit. */
export interface ContactLimits {
  perGame: number | null;
  perHour: number | null;
  quietMinutes: number;
  pausedUntil: Date | null;
  /** Of whom the fan asked for less, and until when that lasts. */
  lessOf: { partnerId: string; until: Date }[];
}

const count = z.number().int().min(0).max(10_000).nullable().optional();
const Wishes = z.object({
  perGame: count,
  perHour: count,
  quietMinutes: z.number().int().min(0).max(525_600).nullable().optional(),
  pausedUntil: z.date().nullable().optional(),
});
export type Wishes = z.infer<typeof Wishes>;

/** What is left out stays as it is; null takes the fan's own limit back. What holds is never looser than the operator's. */
export async function setContactLimits(context: Context, input: Wishes): Promise<ContactLimits> {
  const { fanId } = requireFan(context.viewer);
  const wishes = read(Wishes, input);
  await context.em.transactional(async (em) => {
    await em.execute(sql`insert into contact_wish (fan_id) values (${fanId}) on conflict do nothing`);
    const wish = await em.findOneOrFail(ContactWish, { fanId });
    em.assign(wish, Object.fromEntries(Object.entries(wishes).filter(([, value]) => value !== undefined)));
    await em.flush();
  });
  return findContactLimits(context.em, fanId);
}

/** “Less like this”: for a while nothing of this offer's sponsor; or, with `less: false`, that is taken back. */
export async function lessLikeThis(
  context: Context,
  { offerId, less }: { offerId: string; less: boolean },
): Promise<ContactLimits> {
  const { fanId } = requireFan(context.viewer);
  const { em, loaders } = context;
  const offer = await loaders.offer.load(offerId);
  const campaign = offer && (await loaders.campaign.load(offer.campaignId));
  if (!campaign) throw new NotFoundError('The offer');
  const { partnerId } = campaign;
  if (less) {
    await em.execute(sql`
      insert into contact_objection (fan_id, partner_id) values (${fanId}, ${partnerId})
      on conflict (fan_id, partner_id) do update set at = excluded.at`);
  } else {
    await em.nativeDelete(ContactObjection, { fanId, partnerId });
  }
  return findContactLimits(em, fanId);
}

export async function findContactLimits(em: SqlEntityManager, fanId: string): Promise<ContactLimits> {
  const [limits] = await em.execute<
    { per_game: number | null; per_hour: number | null; quiet_minutes: number; paused_until: Date | null }[]
  >(sql`
    select per_game, per_hour, quiet_minutes, case when paused_until > app_now() then paused_until end as paused_until
    from contact_limits(array[${fanId}::bigint])`);
  const objections = await em.execute<{ partner_id: string; until: Date }[]>(sql`
    select o.partner_id, o.at + make_interval(days => p.less_days) as until
    from contact_objection o cross join contact_policy p
    where o.fan_id = ${fanId} and o.at + make_interval(days => p.less_days) > app_now() order by o.partner_id`);
  return {
    perGame: limits!.per_game,
    perHour: limits!.per_hour,
    quietMinutes: limits!.quiet_minutes,
    pausedUntil: limits!.paused_until && new Date(limits!.paused_until),
    lessOf: objections.map(({ partner_id: partnerId, until }) => ({ partnerId, until: new Date(until) })),
  };
}

const limit = z.union([z.literal('none').transform(() => null), z.coerce.number().int().min(0).max(10_000)]).optional();
const Policy = z.object({
  perGame: limit,
  perHour: limit,
  quietMinutes: z.coerce.number().int().min(0).max(525_600).optional(),
  lessDays: z.coerce.number().int().min(0).max(3_650).optional(),
});

/** The operator's own hand. What is left out stays as it is; `none` is no limit. */
export async function setContactPolicy(em: SqlEntityManager, input: z.input<typeof Policy>): Promise<void> {
  const { perGame, perHour, quietMinutes, lessDays } = read(Policy, input);
  await em.execute(sql`
    update contact_policy set
      per_game = case when ${perGame === undefined} then per_game else ${perGame ?? null}::int end,
      per_hour = case when ${perHour === undefined} then per_hour else ${perHour ?? null}::int end,
      quiet_minutes = coalesce(${quietMinutes ?? null}::int, quiet_minutes),
      less_days = coalesce(${lessDays ?? null}::int, less_days)`);
}
