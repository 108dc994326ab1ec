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

export const ACTIVITY_KINDS = ['ANNOUNCED', 'VIEWED', 'CLICKED', 'CLAIMED', 'REDEEMED'] as const;
export type ActivityKind = (typeof ACTIVITY_KINDS)[number];

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

/** A delivery or an engagement that may be told to the partner, with the lineages under which it was captured. */
interface Captured {
  id: string;
  activity: ActivityKind;
  at: Date;
  fan_id: string;
  game_id: string;
  lineages: string[];
  partner_lineages: string[];
}

/** The scope under which the operator keeps the record that an activity is told from. */
const keptUnder = (activity: ActivityKind) => (activity === 'ANNOUNCED' ? 'OFFERS_LIVE' : 'HISTORY_ENGAGEMENT');

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
  const resumed = after === null ? null : (live.cursors.open(after)?.position ?? null);

  const toActivity = (position: Position, event: LiveEvent, row: Captured): OfferActivity => {
    const part = BigInt(row.id);
    const subject = { fanId: row.fan_id, gameId: row.game_id };
    return {
      kind: 'ACTIVITY',
      cursor: live.cursors.seal(topic, { ...position, within: part }),
      gate: {
        subject: { ...subject, captured: row.partner_lineages },
        scope: 'PRESENCE_VENUE',
        kept: { subject: { ...subject, captured: row.lineages }, scope: keptUnder(row.activity) },
      },
      activity: row.activity,
      at: new Date(row.at),
      campaignId: event.payload.campaignId!,
      part,
    };
  };
  const unfold = async (item: StreamItem, last: OfferStreamEvent | null): Promise<OfferStreamEvent[]> => {
    const { position } = item;
    if (item.kind !== 'EVENT') {
      return last ? [] : [{ kind: item.kind, cursor: live.cursors.seal(topic, position), gate: null }];
    }
    if (campaignId && item.event.payload.campaignId !== campaignId) return [];
    const passed = last?.kind === 'ACTIVITY' ? last.part : partTold(resumed, position);
    const rows = await findActivities(orm.em.fork(), item.event, passed);
    // Asked together, the decisions of a page take one query; each activity asks for its own again when it is sent.
    await Promise.all(
      rows.flatMap(({ fan_id: fanId, game_id: gameId }) =>
        [partnerId, null].map((recipientId) => gate.decide({ fanId, gameId, recipientId })),
      ),
    );
    return rows.map((row) => toActivity(position, item.event, row));
  };
  return new UnfoldedStream(await live.open(topic, after), unfold);
}

/** How far into the event the client had come when it left. */
const partTold = (resumed: Position | null, { xid, id }: Position): bigint =>
  resumed?.xid === xid && resumed.id === id ? (resumed.within ?? 0n) : 0n;

async function findActivities(em: SqlEntityManager, { kind, payload }: LiveEvent, after: bigint): Promise<Captured[]> {
  if (kind === 'OFFER_ENGAGED') {
    return em.execute<Captured[]>(sql`
      select e.id, case e.kind when 'VIEW' then 'VIEWED' else 'CLICKED' end as activity, e.at, e.fan_id, a.game_id,
        e.lineages::text[] as lineages, e.partner_lineages::text[] as partner_lineages
      from engagement e join announcement a on a.id = e.announcement_id
      where e.id = ${payload.engagementId!} and e.id > ${String(after)} and e.partner_lineages is not null`);
  }
  return em.execute<Captured[]>(sql`
    select d.id, 'ANNOUNCED' as activity, a.at, d.fan_id, a.game_id,
      d.lineages::text[] as lineages, d.partner_lineages::text[] as partner_lineages
    from delivery d join announcement a on a.id = d.announcement_id
    where d.announcement_id = ${payload.announcementId!} and d.id > ${String(after)} and d.partner_lineages is not null
    order by d.id limit ${PAGE}`);
}
