/** A campaign out of the files, with its explicit audience, and the one announcement at its start: one transaction. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { arrayOf, readNow } from '../../db/sql.ts';
import type { Shop } from '../../venues/index.ts';
import { LISTED } from '../announcement.entity.ts';
import { Campaign, Offer } from '../campaign.entity.ts';
import { createCampaign } from '../campaigns.service.ts';
import { happenAt } from './past.ts';
import type { Plan } from './plan.ts';
import type { Description } from './rows.ts';

export const IMPORTED = 'import:';
const keyOfId = (campaign: string) => IMPORTED + campaign;

export interface Terms {
  readonly partnerId: string;
  readonly shop: Shop;
  readonly capPerFan: number;
}

export interface StoredCampaign {
  readonly offerId: string;
  /** The fans of its audience, those of earlier runs included. */
  readonly audience: ReadonlySet<string>;
}

/** Tells id and type, and both can be read out of it again. */
export const nameCampaign = ({ campaign, type }: Pick<Description, 'campaign' | 'type'>): string =>
  type === '' ? `Campaign ${campaign}` : `Campaign ${campaign} (${type})`;
export const typeIn = (name: string, campaign: string): string =>
  name.slice(nameCampaign({ campaign, type: '' }).length + ' ('.length, -1);

/** `fans`: those of the plan's targets. */
export function storeCampaign(
  em: SqlEntityManager,
  plan: Plan,
  terms: Terms,
  day: string,
  fans: readonly string[],
): Promise<StoredCampaign> {
  return happenAt(em, plan.from, async (tx) => {
    const { id } = await createOnce(tx, plan, terms);
    const offer = await tx.findOneOrFail(Offer, { campaignId: id });
    await tx.execute(sql`select 1 from campaign where id = ${id} for no key update`);
    await tx.execute(sql`
      insert into campaign_target (campaign_id, fan_id)
      select ${id}::bigint, t.fan_id from targetable(${arrayOf(fans)}::bigint[]) as t (fan_id) on conflict do nothing`);
    await announceAtStart(tx, id, offer.id, day);
    const audience = await tx.execute<{ fan_id: string }[]>(
      sql`select fan_id from campaign_target where campaign_id = ${id}`,
    );
    return { offerId: offer.id, audience: new Set(audience.map(({ fan_id }) => fan_id)) };
  });
}

/** Those of the plans that are there already, and are others. */
export async function findConflicts(
  em: SqlEntityManager,
  plans: ReadonlyMap<string, Plan>,
  { partnerId, shop }: Terms,
): Promise<string[]> {
  const known = await em.fork().find(Campaign, { partnerId, idempotencyKey: { $in: [...plans.keys()].map(keyOfId) } });
  const byKey = new Map(known.map((campaign) => [campaign.idempotencyKey, campaign]));
  return [...plans].flatMap(([id, { description, from, until }]) => {
    const campaign = byKey.get(keyOfId(id));
    const same =
      campaign?.name === nameCampaign(description) &&
      campaign.validFrom.getTime() === from.getTime() &&
      campaign.validUntil.getTime() === until.getTime() &&
      campaign.rules.venueIds.includes(shop.id);
    return campaign && !same ? [id] : [];
  });
}

async function createOnce(em: SqlEntityManager, plan: Plan, { partnerId, shop, capPerFan }: Terms): Promise<Campaign> {
  const idempotencyKey = keyOfId(plan.description.campaign);
  const known = await em.findOne(Campaign, { partnerId, idempotencyKey });
  if (known) return known;
  const name = nameCampaign(plan.description);
  const campaign = await createCampaign(
    { em, viewer: { role: 'PARTNER', partnerId } },
    {
      name,
      rules: { venueIds: [shop.id], zoneIds: [], favoriteTeamIds: [] },
      // What the coupons gave is in none of the files; a part of an order whose total nobody says is no sum of money.
      offer: {
        title: name,
        body: 'A campaign imported from files.',
        imageUrl: null,
        discount: { kind: 'PERCENT', percent: 1 },
      },
      budget: {},
      capPerFan,
      validFrom: plan.from,
      validUntil: plan.until,
      priority: 0,
      holdoutPercent: 0,
      idempotencyKey,
    },
  );
  await em.execute(sql`update campaign set targeted = true where id = ${campaign.id}`);
  return campaign;
}

/** Once; who joined the audience since is told in a later run. It writes no live event: it is no news. */
async function announceAtStart(em: SqlEntityManager, campaignId: string, offerId: string, day: string): Promise<void> {
  const [clock] = await em.execute<{ now: Date }[]>(sql`select statement_timestamp() as now`);
  if (new Date(clock!.now) < (await readNow(em))) return;
  await em.execute(sql`
    insert into announcement (campaign_id, offer_id, game_id, reasons, idempotency_key)
    values (${campaignId}, ${offerId}, ${day}, ${JSON.stringify([LISTED])}::jsonb, ${IMPORTED})
    on conflict (campaign_id, idempotency_key) do nothing`);
  await em.execute(sql`select contact_take_turns()`);
  await em.execute(sql`
    select tell_targets(id) from announcement where campaign_id = ${campaignId} and idempotency_key = ${IMPORTED}`);
}
