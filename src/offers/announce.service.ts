/**
 * An announcement: one transaction that locks the campaign, picks the audience in one statement, records a delivery for
 * each fan in it with the lineages of consent then in force, and writes one outbox event for the fans there, and one for
 * the partner.
 */
import { LockMode, type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { isErased } from '../db/outcome.ts';
import { arrayOf } from '../db/sql.ts';
import { ConflictError, InputError, NotFoundError } from '../errors.ts';
import { requireRole } from '../identity/roles.ts';
import { read } from '../input.ts';
import { emit, gameTopic, partnerTopic } from '../live/index.ts';
import { Game, Team, Venue, Zone } from '../venues/index.ts';
import { Announcement, LISTED, type Reason } from './announcement.entity.ts';
import { Campaign, type CampaignRules, Offer } from './campaign.entity.ts';
import { type SkipCode, skipCodesOf } from './skips.ts';

const Announce = z.object({
  campaignId: z.string(),
  gameId: z.string(),
  zoneIds: z.array(z.string()).max(100),
  idempotencyKey: z.string().min(1).max(200),
});
export type Announce = z.infer<typeof Announce>;

/** @throws NotFoundError, InputError, ConflictError INVALID_STATE or IDEMPOTENCY_CONFLICT. */
export async function announceOffer(context: Context, input: Announce): Promise<Announcement> {
  const { partnerId } = requireRole(context.viewer, 'PARTNER');
  const wanted = read(Announce, input);
  const announced = await announceOnce(context.em, partnerId, wanted).catch((error) => {
    // Somebody was erased between being chosen and being told: the audience is chosen anew.
    if (!isErased(error)) throw error;
    return announceOnce(context.em.fork(), partnerId, wanted);
  });
  context.live.wake();
  return announced;
}

function announceOnce(own: SqlEntityManager, partnerId: string, wanted: Announce): Promise<Announcement> {
  return own.transactional(async (em) => {
    const campaign = await em.findOne(
      Campaign,
      { id: wanted.campaignId, partnerId },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    if (!campaign) throw new NotFoundError('The campaign');
    const game = await em.findOne(Game, { id: wanted.gameId }, { lockMode: LockMode.PESSIMISTIC_READ });
    if (!game) throw new NotFoundError('The game');
    const zones = await chooseZones(em, game, wanted.zoneIds, campaign.rules);
    const repeated = await em.findOne(Announcement, { campaignId: campaign.id, idempotencyKey: wanted.idempotencyKey });
    if (repeated) return sameOrConflict(repeated, game, zones);
    await requireOpen(em, campaign, game);

    const offer = await em.findOneOrFail(Offer, { campaignId: campaign.id });
    const announcement = em.create(Announcement, {
      campaignId: campaign.id,
      offerId: offer.id,
      gameId: game.id,
      zoneIds: zones.map((zone) => zone.id),
      reasons: await explain(em, game, zones, campaign),
      idempotencyKey: wanted.idempotencyKey,
    } as never) as Announcement;
    await em.flush();
    await em.execute(sql`select contact_take_turns()`);
    await deliverToAudience(em, announcement, partnerId);
    const event = { announcementId: announcement.id, offerId: offer.id, campaignId: campaign.id, partnerId };
    await emit(em, gameTopic(game.id), 'OFFER_ANNOUNCED', event);
    await emit(em, partnerTopic(partnerId), 'OFFER_ANNOUNCED', event);
    return announcement;
  });
}

/**
 * The audience in one statement: of whom nothing stands in the way is told, and who would be told but for the holdout is
 * recorded as held out. Of those told who share their presence with the partner it also keeps under which lineages they
 * do; all others cost nothing more.
 */
async function deliverToAudience(
  em: SqlEntityManager,
  { id, campaignId, offerId, gameId, zoneIds }: Announcement,
  partnerId: string,
): Promise<void> {
  await em.execute(sql`
    with verdict as materialized (
      select fan_id, lineages, skips
      from campaign_verdicts(${campaignId}::bigint, ${gameId}::bigint, ${arrayOf(zoneIds)}::bigint[], null, app_now(), false)
    ), audience as materialized (
      select fan_id, lineages from verdict where skips = 0
    ), held_out as (
      insert into holdout (campaign_id, fan_id) select ${campaignId}::bigint, fan_id from verdict where skips <> 0
      on conflict do nothing
    )
    insert into delivery (announcement_id, offer_id, fan_id, lineages, partner_lineages)
    select ${id}::bigint, ${offerId}::bigint, audience.fan_id, audience.lineages, sharing.lineages
    from audience
    left join consent_sharing((select array_agg(fan_id) from audience), 'PRESENCE_VENUE', ${partnerId}::bigint,
      ${gameId}::bigint, app_now()) sharing on sharing.fan_id = audience.fan_id
    on conflict (offer_id, fan_id) do nothing`);
}

async function chooseZones(em: SqlEntityManager, game: Game, asked: string[], rules: CampaignRules): Promise<Zone[]> {
  const zones = await em.find(
    Zone,
    { venueId: game.venueId, id: { $in: asked.length > 0 ? asked : rules.zoneIds } },
    {
      orderBy: { id: 'asc' },
    },
  );
  if (asked.length === 0) {
    if (rules.zoneIds.length > 0 && zones.length === 0) throw new InputError('The campaign has no zone at that venue.');
    return zones;
  }
  const stray = asked.some((id) => !zones.some((zone) => zone.id === id));
  if (stray) throw new InputError('A zone is not one of that venue.', 'input.zoneIds');
  if (rules.zoneIds.length > 0 && asked.some((id) => !rules.zoneIds.includes(id))) {
    throw new InputError('A zone is not one of the campaign.', 'input.zoneIds');
  }
  return zones;
}

function sameOrConflict(repeated: Announcement, game: Game, zones: Zone[]): Announcement {
  const same = repeated.gameId === game.id && String(repeated.zoneIds) === String(zones.map((zone) => zone.id));
  if (same) return repeated;
  throw new ConflictError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used with another announcement.');
}

/** @throws ConflictError INVALID_STATE, or InputError for a game at another venue: what `campaign_closed` says. */
async function requireOpen(em: SqlEntityManager, campaign: Campaign, game: Game): Promise<void> {
  const [row] = await em.execute<{ closed: number }[]>(sql`
    select campaign_closed(${campaign.id}::bigint, ${game.id}::bigint, app_now()) as closed`);
  const codes = skipCodesOf(row!.closed);
  const [conflict] = codes.filter((code) => code !== 'OTHER_VENUE');
  if (conflict) throw new ConflictError('INVALID_STATE', CLOSED[conflict] ?? `The campaign is closed: ${conflict}.`);
  if (codes.length > 0) throw new InputError('The campaign does not run at the venue of that game.', 'input.gameId');
}

/** In words for the partner. */
const CLOSED: Readonly<Partial<Record<SkipCode, string>>> = {
  CAMPAIGN_DRAFT: 'The campaign is a DRAFT.',
  CAMPAIGN_NOT_STARTED: 'The campaign is SCHEDULED.',
  CAMPAIGN_PAUSED: 'The campaign is PAUSED.',
  CAMPAIGN_ENDED: 'The campaign is ENDED.',
  OUTSIDE_HOURS: 'The campaign has hours, and is not open now.',
  GAME_OVER: 'The game is over.',
  OTHER_GAME_STATE: 'The campaign is for another state of the game.',
};

/** Why this audience: from the rules, in words for a fan, the same for everyone in it. */
async function explain(
  em: SqlEntityManager,
  game: Game,
  zones: Zone[],
  { rules, targeted }: Campaign,
): Promise<Reason[]> {
  const venue = await em.findOneOrFail(Venue, { id: game.venueId });
  const reasons: Reason[] = [{ kind: 'AT_VENUE', text: `You are at ${venue.name}.`, scope: 'PRESENCE_VENUE' }];
  if (zones.length > 0) {
    const places = zones.map((zone) => zone.name).join(' or ');
    reasons.push({ kind: 'IN_ZONE', text: `You are near ${places}.`, scope: 'PRESENCE_ZONE' });
  }
  if (rules.favoriteTeamIds.length > 0) {
    const teams = await em.find(Team, { id: { $in: rules.favoriteTeamIds } }, { orderBy: { name: 'asc' } });
    const names = teams.map((team) => team.name).join(' or ');
    reasons.push({ kind: 'FAVORITE_TEAM', text: `You cheer for ${names}.`, scope: 'PROFILE_PREFERENCES' });
  }
  if (targeted) reasons.push(LISTED);
  return [...reasons, ...segmentReasons(rules)];
}

function segmentReasons({ tierCodes, visits, streak, engagements }: CampaignRules): Reason[] {
  const reasons: Reason[] = [];
  if (tierCodes) reasons.push({ kind: 'TIER', text: `Your tier is ${tierCodes.join(' or ')}.`, scope: 'LOYALTY' });
  if (visits) {
    const text = `You have been at ${visits.atLeast} games or more within ${visits.withinDays} days.`;
    reasons.push({ kind: 'VISITS', text, scope: 'HISTORY_ATTENDANCE' });
  }
  if (streak) {
    const text = `You have been at ${streak} games in a row or more.`;
    reasons.push({ kind: 'STREAK', text, scope: 'HISTORY_ATTENDANCE' });
  }
  if (engagements) {
    const { kind, atLeast, withinDays } = engagements;
    const text = `You have ${kind === 'VIEW' ? 'looked at' : 'followed'} ${atLeast} offers of this sponsor or more within ${withinDays} days.`;
    reasons.push({ kind: 'ENGAGEMENT', text, scope: 'HISTORY_ENGAGEMENT' });
  }
  return reasons;
}
