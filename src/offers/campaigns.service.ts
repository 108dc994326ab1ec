/** A partner's campaigns: created once per idempotency key, live while their window is open, ended for good. */
import { createHash } from 'node:crypto';
import { LockMode, type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { arrayOf, readNow } from '../db/sql.ts';
import { ConflictError, InputError, NotFoundError } from '../errors.ts';
import { requireRole } from '../identity/roles.ts';
import { read } from '../input.ts';
import { emit, gameTopic } from '../live/index.ts';
import { Campaign, Offer, STACKING_MODES } from './campaign.entity.ts';
import { CampaignOpening } from './campaign-opening.entity.ts';
import { ClaimTerms, setClaimTerms } from './claims/terms.ts';
import { Hours, openingsOf } from './hours.ts';

export const CAMPAIGN_STATUSES = ['DRAFT', 'SCHEDULED', 'LIVE', 'PAUSED', 'ENDED'] as const;
export type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number];

export function campaignStatus(campaign: Campaign, now: Date): CampaignStatus {
  if (campaign.endedAt || now >= campaign.validUntil) return 'ENDED';
  if (!campaign.launchedAt) return 'DRAFT';
  if (campaign.paused) return 'PAUSED';
  return now < campaign.validFrom ? 'SCHEDULED' : 'LIVE';
}

const currency = z.string().refine((code) => Intl.supportedValuesOf('currency').includes(code), 'must be ISO 4217');
const money = z.object({ amount: z.number().int().positive(), currency });
const key = z.string().regex(/^\d+$/);
const often = z.number().int().min(1).max(1_000);
const days = z.number().int().min(1).max(3_650);

const NewCampaign = z
  .object({
    name: z.string().trim().min(1).max(200),
    rules: z.object({
      venueIds: z.array(key).max(100),
      zoneIds: z.array(key).max(100),
      favoriteTeamIds: z.array(key).max(100),
      gameStatuses: z
        .array(z.enum(['SCHEDULED', 'LIVE']))
        .max(2)
        .optional(),
      tierCodes: z.array(z.string().min(1).max(100)).min(1).max(20).optional(),
      visits: z.object({ atLeast: often, withinDays: days }).optional(),
      streak: often.min(2).optional(),
      engagements: z.object({ kind: z.enum(['VIEW', 'CLICK']), atLeast: often, withinDays: days.max(90) }).optional(),
      hours: z.array(Hours).max(20).optional(),
    }),
    offer: z.object({
      title: z.string().trim().min(1).max(200),
      body: z.string().trim().min(1).max(2_000),
      imageUrl: z
        .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
        .max(2_000)
        .nullable(),
      discount: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('PERCENT'), percent: z.number().int().min(1).max(100) }),
        money.extend({ kind: z.literal('AMOUNT') }),
        z.object({ kind: z.literal('POINTS'), points: z.number().int().positive() }),
      ]),
    }),
    budget: z.object({ claims: z.number().int().positive().optional(), spend: money.optional() }),
    capPerFan: z.number().int().min(1).max(1_000),
    validFrom: z.date(),
    validUntil: z.date(),
    priority: z.number().int().min(0).max(1_000),
    holdoutPercent: z.number().int().min(0).max(100),
    idempotencyKey: z.string().min(1).max(200).nullable(),
    draft: z.literal(true).optional(),
    stacking: z.object({ group: z.string().trim().min(1).max(100), mode: z.enum(STACKING_MODES) }).optional(),
    terms: ClaimTerms.prefault({}),
  })
  .refine(({ validFrom, validUntil }) => validFrom < validUntil, {
    path: ['validUntil'],
    message: 'must be after validFrom',
  })
  .refine(
    ({ offer: { discount }, budget: { spend } }) =>
      discount.kind !== 'AMOUNT' || !spend || discount.currency === spend.currency,
    {
      path: ['budget', 'spend', 'currency'],
      message: 'must be the currency of the discount',
    },
  );
export type NewCampaign = z.input<typeof NewCampaign>;
type Stacking = NonNullable<NewCampaign['stacking']>;

/** @throws InputError, NotFoundError for a venue, zone or team, ConflictError for a key used with another input. */
export async function createCampaign(context: Pick<Context, 'em' | 'viewer'>, input: NewCampaign): Promise<Campaign> {
  const { partnerId } = requireRole(context.viewer, 'PARTNER');
  const { offer, terms, draft, stacking, ...plan } = read(NewCampaign, input);
  const words = JSON.stringify({ plan, offer, terms, draft, stacking });
  const inputHash = createHash('sha256').update(words).digest('hex');
  const openings = openingsOf(plan.rules.hours ?? [], { from: plan.validFrom, until: plan.validUntil });
  return context.em.transactional(async (em) => {
    await em.execute(sql`select 1 from partner where id = ${partnerId} for no key update`);
    const repeated = plan.idempotencyKey
      ? await em.findOne(Campaign, { partnerId, idempotencyKey: plan.idempotencyKey })
      : null;
    if (repeated && repeated.inputHash !== inputHash) {
      throw new ConflictError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used with another campaign.');
    }
    if (repeated) return repeated;
    await requireRules(em, plan.rules);
    if (stacking) await requireMode(em, partnerId, stacking);
    const launchedAt = draft ? null : await readNow(em);
    const ofGroup = { stackingGroup: stacking?.group ?? null, stackingMode: stacking?.mode ?? null };
    const campaign = em.create(Campaign, { ...plan, ...ofGroup, partnerId, inputHash, launchedAt } as never);
    await em.flush();
    em.create(Offer, { ...offer, campaignId: campaign.id } as never);
    for (const opening of openings) em.create(CampaignOpening, { ...opening, campaignId: campaign.id } as never);
    await em.flush();
    await setClaimTerms(em, campaign.id, terms);
    return campaign;
  });
}

/** A draft becomes a campaign. Launching twice is no error. @throws ConflictError once it has ended. */
export async function launchCampaign(context: Context, campaignId: string): Promise<Campaign> {
  const { partnerId } = requireRole(context.viewer, 'PARTNER');
  return context.em.transactional(async (em) => {
    const campaign = await findOpen(em, campaignId, partnerId);
    campaign.launchedAt ??= await readNow(em);
    await em.flush();
    return campaign;
  });
}

/** Nobody hears of it any more, and those who did are told. Ending twice is no error. */
export async function endCampaign(context: Context, campaignId: string): Promise<Campaign> {
  const { partnerId } = requireRole(context.viewer, 'PARTNER');
  const ended = await context.em.transactional(async (em) => {
    const campaign = await em.findOne(
      Campaign,
      { id: campaignId, partnerId },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    if (!campaign) throw new NotFoundError('The campaign');
    if (campaign.endedAt) return campaign;
    campaign.endedAt = await readNow(em);
    await em.flush();
    const games = await em.execute<{ game_id: string; offer_id: string }[]>(
      sql`select distinct game_id, offer_id from announcement where campaign_id = ${campaignId}`,
    );
    for (const { game_id, offer_id } of games) {
      const ended = { offerId: offer_id, campaignId, partnerId: campaign.partnerId, reason: 'CAMPAIGN_ENDED' };
      await emit(em, gameTopic(game_id), 'OFFER_ENDED', ended);
    }
    return campaign;
  });
  context.live.wake();
  return ended;
}

/** Pausing stops new announcements; what was announced stays. @throws ConflictError once it has ended. */
export async function pauseCampaign(
  context: Context,
  input: { campaignId: string; paused: boolean },
): Promise<Campaign> {
  const { partnerId } = requireRole(context.viewer, 'PARTNER');
  return context.em.transactional(async (em) => {
    const campaign = await findOpen(em, input.campaignId, partnerId);
    campaign.paused = input.paused;
    await em.flush();
    return campaign;
  });
}

/** Locked. @throws NotFoundError, ConflictError once it has ended. */
async function findOpen(em: SqlEntityManager, id: string, partnerId: string): Promise<Campaign> {
  const campaign = await em.findOne(Campaign, { id, partnerId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!campaign) throw new NotFoundError('The campaign');
  if (campaignStatus(campaign, await readNow(em)) === 'ENDED') {
    throw new ConflictError('INVALID_STATE', 'The campaign has ended.');
  }
  return campaign;
}

/** A group has one mode, and the partner's row is locked. */
async function requireMode(em: SqlEntityManager, partnerId: string, { group, mode }: Stacking): Promise<void> {
  const other = await em.findOne(Campaign, { partnerId, stackingGroup: group, stackingMode: { $ne: mode } });
  if (!other) return;
  throw new InputError(`The group ${group} is ${other.stackingMode} already.`, 'input.stacking.mode');
}

async function requireRules(em: SqlEntityManager, rules: NewCampaign['rules']): Promise<void> {
  const [missing] = await em.execute<{ venue: boolean; zone: boolean; team: boolean; tier: boolean }[]>(sql`
    select
      exists (select unnest(${arrayOf(rules.venueIds)}::bigint[]) except select id from venue) as venue,
      exists (select unnest(${arrayOf(rules.zoneIds)}::bigint[]) except select id from zone) as zone,
      exists (select unnest(${arrayOf(rules.favoriteTeamIds)}::bigint[]) except select id from team) as team,
      exists (select unnest(${arrayOf(rules.tierCodes ?? [])}::text[]) except select code from tier) as tier`);
  if (missing!.venue) throw new InputError('A venue was not found.', 'input.venueIds');
  if (missing!.zone) throw new InputError('A zone was not found.', 'input.zoneIds');
  if (missing!.team) throw new InputError('A team was not found.', 'input.segment.favoriteTeamIds');
  if (missing!.tier) throw new InputError('A tier was not found.', 'input.segment.tiers');
}
