/**
 * A partner's live feed: what becomes of its offers, fan by fan, of those who share their presence with it. An
 * announcement is one event with an activity for each of them, read in pages; every activity has its own cursor.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Context } from '../context.ts';
import { NotFoundError } from '../errors.ts';
import type { StreamGap, StreamPosition } from '../graphql/stream.ts';
import { requireRole } from '../identity/roles.ts';
import { type LiveEvent, type Position, partnerTopic, type StreamItem } from '../live/index.ts';
import type { StreamEvent } from '../live/stream-event.ts';
import { UnfoldedStream } from '../live/unfolded-stream.ts';
import { type ActivityKind, type CapturedActivity, gateActivity } from './activity.ts';
import { findMissedActivities } from './missed.ts';

export interface OfferActivity extends StreamEvent {
  readonly kind: 'ACTIVITY';
  readonly gate: NonNullable<StreamEvent['gate']>;
  readonly activity: ActivityKind;
  readonly at: Date;
  readonly campaignId: string;
  /** Its place within the event. */
  readonly part: bigint;
}
export type OfferStreamEvent = OfferActivity | StreamGap | StreamPosition;

const PAGE = 200;

interface Captured extends CapturedActivity {
  id: string;
  at: Date;
}

/** @throws AccessError for all but partners, NotFoundError for the campaign, InputError for a cursor of something else. */
export async function openOfferStream(
  context: Context,
  { campaignId, after }: { campaignId: string | null; after: string | null },
): Promise<AsyncIterableIterator<OfferStreamEvent>> {
  const { partnerId } = requireRole(context.viewer, 'PARTNER');
  const { live, gate, orm } = context;
  if (campaignId && (await context.loaders.campaign.load(campaignId))?.partnerId !== partnerId) {
    throw new NotFoundError('The campaign');
  }
  const topic = partnerTopic(partnerId);
  const stream = await live.open(topic, after);

  const toActivity = (position: Position, event: LiveEvent, row: Captured): OfferActivity => {
    const part = BigInt(row.id);
    return {
      kind: 'ACTIVITY',
      cursor: live.cursors.seal(topic, { ...position, within: part }),
      gate: gateActivity(row),
      activity: row.activity,
      at: new Date(row.at),
      campaignId: event.payload.campaignId!,
      part,
    };
  };
  const unfold = async (item: StreamItem, last: OfferStreamEvent | null): Promise<OfferStreamEvent[]> => {
    const { position } = item;
    if (item.kind !== 'EVENT') {
      if (last) return [];
      const mark = { cursor: live.cursors.seal(topic, position), gate: null };
      if (item.kind === 'POSITION') return [{ kind: item.kind, ...mark }];
      const { since } = item;
      const findMissed = since && (() => findMissedActivities(orm, { partnerId, campaignId, since, until: position }));
      return [{ kind: item.kind, ...mark, findMissed }];
    }
    if (campaignId && item.event.payload.campaignId !== campaignId) return [];
    const passed = last?.kind === 'ACTIVITY' ? last.part : partTold(stream.startedFrom, position);
    const rows = await findActivities(orm.em.fork(), item.event, passed);
    // Asked together, the decisions of a page take one query; each activity asks for its own again when it is sent.
    await Promise.all(
      rows.flatMap(({ fan_id: fanId, game_id: gameId }) =>
        [partnerId, null].map((recipientId) => gate.decide({ fanId, gameId, recipientId })),
      ),
    );
    return rows.map((row) => toActivity(position, item.event, row));
  };
  return new UnfoldedStream(stream, unfold);
}

/** How far into the event the client had come when it left. */
const partTold = (started: Position, { xid, id }: Position): bigint =>
  started.xid === xid && started.id === id ? (started.within ?? 0n) : 0n;

async function findActivities(em: SqlEntityManager, { kind, payload }: LiveEvent, after: bigint): Promise<Captured[]> {
  if (kind === 'OFFER_ENGAGED') {
    return em.execute<Captured[]>(sql`
      select e.id, case e.kind when 'VIEW' then 'VIEWED' else 'CLICKED' end as activity, e.at, e.fan_id, a.game_id,
        e.lineages::text[] as lineages, e.partner_lineages::text[] as partner_lineages
      from engagement e join announcement a on a.id = e.announcement_id
      where e.id = ${payload.engagementId!} and e.id > ${String(after)} and e.partner_lineages is not null`);
  }
  if (kind === 'OFFER_CLAIMED') {
    return em.execute<Captured[]>(sql`
      select t.id, t.kind as activity, t.at, t.fan_id, c.game_id, t.lineages::text[] as lineages,
        t.partner_lineages::text[] as partner_lineages
      from claim_activity t join claim c on c.id = t.claim_id
      where t.id = ${payload.activityId!} and t.id > ${String(after)}`);
  }
  return em.execute<Captured[]>(sql`
    select d.id, 'ANNOUNCED' as activity, a.at, d.fan_id, a.game_id,
      d.lineages::text[] as lineages, d.partner_lineages::text[] as partner_lineages
    from delivery d join announcement a on a.id = d.announcement_id
    where d.announcement_id = ${payload.announcementId!} and d.id > ${String(after)} and d.partner_lineages is not null
    order by d.id limit ${PAGE}`);
}
