/**
 * What announcing a campaign would come to, at an instant now or later: the statement that announces, asked and not
 * written. A partner learns buckets only; the same question gets the same answer for five minutes, and only so many are
 * answered, so that asking a little differently each time does not single anybody out.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { readNow } from '../db/sql.ts';
import { ConflictError, InputError, NotFoundError } from '../errors.ts';
import { requireRole } from '../identity/roles.ts';
import { read } from '../input.ts';
import { Game } from '../venues/index.ts';
import { toBucket } from './buckets.ts';
import { Campaign, type Discount, Offer } from './campaign.entity.ts';
import { DryRun, type Effect, type Rehearsal } from './dry-run.entity.ts';
import { SKIP_CODES, type SkipCode, skipCodesOf } from './skips.ts';

/** New questions of a partner about one game within an hour. */
const QUESTIONS_AN_HOUR = 60;

const Question = z.object({ campaignId: z.string(), gameId: z.string(), at: z.date().nullable() });
export type Question = z.infer<typeof Question>;

interface Counted {
  code: 'AUDIENCE' | 'CONSENT_OFF' | SkipCode;
  fans: number;
  is_foreseen: boolean;
}

/** @throws NotFoundError, InputError for an instant that has passed, ConflictError INVALID_STATE after too many questions. */
export async function dryRunCampaign(context: Context, input: Question): Promise<Rehearsal> {
  const { partnerId } = requireRole(context.viewer, 'PARTNER');
  const { campaignId, gameId, at } = read(Question, input);
  return context.em.transactional(async (em) => {
    await em.execute(sql`select 1 from partner where id = ${partnerId} for no key update`);
    const campaign = await em.findOne(Campaign, { id: campaignId, partnerId });
    if (!campaign) throw new NotFoundError('The campaign');
    if (!(await em.findOne(Game, { id: gameId }))) throw new NotFoundError('The game');
    const now = await readNow(em);
    if (at && at < now) throw new InputError('at must not have passed.', 'input.at');
    const question = { partnerId, campaignId, gameId, at };
    const known = await findAnswer(em, question);
    if (known) return known;
    const answer = await rehearse(em, campaign, gameId, at ?? now);
    em.create(DryRun, { ...question, answer } as never);
    await em.flush();
    return answer;
  });
}

async function findAnswer(em: SqlEntityManager, question: Partial<DryRun>): Promise<Rehearsal | null> {
  const { partnerId, gameId } = question as DryRun;
  const [row] = await em.execute<{ recent: Date; hour: Date }[]>(sql`
    select app_now() - interval '5 minutes' as recent, app_now() - interval '1 hour' as hour`);
  const recent = { askedAt: { $gt: new Date(row!.recent) } };
  const known = await em.findOne(DryRun, { ...question, ...recent } as never, { orderBy: { id: 'desc' } });
  if (known) return (known as DryRun).answer;
  const asked = await em.count(DryRun, { partnerId, gameId, askedAt: { $gt: new Date(row!.hour) } });
  if (asked < QUESTIONS_AN_HOUR) return null;
  throw new ConflictError('INVALID_STATE', `At most ${QUESTIONS_AN_HOUR} new questions about a game within an hour.`);
}

async function rehearse(em: SqlEntityManager, campaign: Campaign, gameId: string, at: Date): Promise<Rehearsal> {
  const [state] = await em.execute<{ closed: number }[]>(sql`
    select campaign_closed(${campaign.id}::bigint, ${gameId}::bigint, ${at.toISOString()}::timestamptz) as closed`);
  const closed = skipCodesOf(state!.closed);
  if (closed.length > 0) {
    const effects: Effect[] = [{ kind: 'NOTHING', text: 'Nothing would be announced to anybody then.' }];
    return { audienceBucket: null, effects, skipped: closed.map((code) => ({ code, bucket: null })) };
  }
  const counted = await em.execute<Counted[]>(sql`
    select code, fans, is_foreseen
    from campaign_rehearsal(${campaign.id}::bigint, ${gameId}::bigint, ${at.toISOString()}::timestamptz)`);
  const audience = counted.find(({ code }) => code === 'AUDIENCE')?.fans ?? 0;
  const offer = await em.findOneOrFail(Offer, { campaignId: campaign.id });
  const order = ['CONSENT_OFF', ...SKIP_CODES];
  return {
    audienceBucket: toBucket(audience),
    effects: effectsOf(campaign, offer, toBucket(audience), counted[0]?.is_foreseen ?? true),
    skipped: counted
      .filter(({ code }) => code !== 'AUDIENCE' && code !== 'HELD_OUT')
      .sort((a, b) => order.indexOf(a.code) - order.indexOf(b.code))
      .map(({ code, fans }) => ({ code: code as SkipCode, bucket: toBucket(fans) }))
      .filter(({ bucket }) => bucket !== null),
  };
}

function effectsOf(campaign: Campaign, offer: Offer, bucket: number | null, isForeseen: boolean): Effect[] {
  const audience = bucket === null ? 'fewer than 20 fans' : `${bucket} fans or a few more`;
  const effects: Effect[] = [
    { kind: 'ANNOUNCEMENT', text: `“${offer.title}” would be announced to ${audience}.` },
    { kind: 'DISCOUNT', text: inWords(offer.discount) },
  ];
  if (campaign.holdoutPercent > 0) {
    const text = `${campaign.holdoutPercent} in a hundred are kept from seeing it, and not counted.`;
    effects.push({ kind: 'HOLDOUT', text });
  }
  if (isForeseen) {
    effects.push({ kind: 'FORESEEN', text: 'Nobody is there yet: counted as if all who consent came.' });
  }
  return effects;
}

function inWords(discount: Discount): string {
  switch (discount.kind) {
    case 'PERCENT':
      return `Each claim takes ${discount.percent} % off.`;
    case 'AMOUNT':
      return `Each claim takes ${discount.amount} minor units of ${discount.currency} off.`;
    case 'POINTS':
      return `Each claim earns ${discount.points} points.`;
  }
}
