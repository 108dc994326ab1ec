/**
 * Reads that many requests and open streams make in the same tick, sent as one query. Nothing is kept: each event is
 * read as it stands when it is sent.
 */
import { type EntityName, type MikroORM, sql } from '@mikro-orm/postgresql';
import DataLoader from 'dataloader';
import { arrayOf } from './db/sql.ts';
import { findLots } from './loyalty/lots.ts';
import { Reward } from './loyalty/reward.entity.ts';
import { findStandings } from './loyalty/standing.ts';
import { Announcement } from './offers/announcement.entity.ts';
import { Campaign, Offer } from './offers/campaign.entity.ts';
import { Partner } from './partners/partner.entity.ts';
import { Game, Team } from './venues/game.entity.ts';
import { Venue, Zone } from './venues/venue.entity.ts';

/** What one fan was announced: the lineages of consent in force then, by scope bit. */
export interface DeliveryRow {
  announcement_id: string;
  offer_id: string;
  fan_id: string;
  lineages: string[];
}

export interface PresenceRow {
  game_id: string;
  fan_id: string;
  zone_id: string | null;
}

export type Readers = ReturnType<typeof createReaders>;

const uncached = { cache: false, maxBatchSize: 10_000 } as const;

export function createReaders(orm: MikroORM) {
  return {
    rows: createRowReaders(orm),
    /** By offer and fan: a fan is announced an offer once. */
    delivery: new DataLoader(async (keys: readonly { offerId: string; fanId: string }[]) => {
      const rows = await orm.em.fork().execute<DeliveryRow[]>(sql`
        select announcement_id, offer_id, fan_id, lineages::text[] as lineages
        from delivery where (offer_id, fan_id) in (
          select * from unnest(${arrayOf(keys.map((key) => key.offerId))}::bigint[],
            ${arrayOf(keys.map((key) => key.fanId))}::bigint[]))`);
      const found = new Map(rows.map((row) => [`${row.offer_id}|${row.fan_id}`, row]));
      return keys.map((key) => found.get(`${key.offerId}|${key.fanId}`) ?? null);
    }, uncached),
    /** By fan: where they are now, whatever the game. One is at one place. */
    whereabouts: new DataLoader(async (fanIds: readonly string[]) => {
      const rows = await orm.em.fork().execute<PresenceRow[]>(sql`
        select game_id, fan_id, zone_id from presence where fan_id = any (${arrayOf(fanIds)}::bigint[])
        order by game_id`);
      const found = new Map(rows.map((row) => [row.fan_id, row]));
      return fanIds.map((fanId) => found.get(fanId) ?? null);
    }, uncached),
    /** By fan: points and tier. */
    standing: new DataLoader((fanIds: readonly string[]) => findStandings(orm.em.fork(), fanIds), uncached),
    /** By entry of the ledger of points: what is left of what it earned. */
    lot: new DataLoader(
      (entries: readonly { id: string; fanId: string }[]) => findLots(orm.em.fork(), entries),
      uncached,
    ),
    /** By game and fan: where they are now. */
    presence: new DataLoader(async (keys: readonly { gameId: string; fanId: string }[]) => {
      const rows = await orm.em.fork().execute<PresenceRow[]>(sql`
        select game_id, fan_id, zone_id from presence where (game_id, fan_id) in (
          select * from unnest(${arrayOf(keys.map((key) => key.gameId))}::bigint[],
            ${arrayOf(keys.map((key) => key.fanId))}::bigint[]))`);
      const found = new Map(rows.map((row) => [`${row.game_id}|${row.fan_id}`, row]));
      return keys.map((key) => found.get(`${key.gameId}|${key.fanId}`) ?? null);
    }, uncached),
  };
}

/** Public facts, by key. */
function createRowReaders(orm: MikroORM) {
  const find = <T extends object>(entity: EntityName<T>, where: object): Promise<T[]> =>
    orm.em.fork().find(entity, where as never, { orderBy: { id: 'asc' } as never }) as Promise<T[]>;
  const byKey = <T extends { id: string }>(entity: EntityName<T>) =>
    new DataLoader<string, T | null>(async (keys) => {
      const found = new Map((await find(entity, { id: { $in: [...new Set(keys)] } })).map((row) => [row.id, row]));
      return keys.map((key) => found.get(key) ?? null);
    }, uncached);
  return {
    venue: byKey<Venue>(Venue),
    zone: byKey<Zone>(Zone),
    team: byKey<Team>(Team),
    game: byKey<Game>(Game),
    partner: byKey<Partner>(Partner),
    campaign: byKey<Campaign>(Campaign),
    offer: byKey<Offer>(Offer),
    announcement: byKey<Announcement>(Announcement),
    reward: byKey<Reward>(Reward),
    zonesOfVenue: new DataLoader<string, Zone[]>(async (venueIds) => {
      const zones = await find<Zone>(Zone, { venueId: { $in: [...new Set(venueIds)] } });
      return venueIds.map((venueId) => zones.filter((zone) => zone.venueId === venueId));
    }, uncached),
    offerOfCampaign: new DataLoader<string, Offer | null>(async (campaignIds) => {
      const offers = await find<Offer>(Offer, { campaignId: { $in: [...new Set(campaignIds)] } });
      return campaignIds.map((campaignId) => offers.find((offer) => offer.campaignId === campaignId) ?? null);
    }, uncached),
  };
}
