/** Rows by key, batched within one request or one event. Never kept longer: what they hold may be consented to no more. */
import type { EntityName, SqlEntityManager } from '@mikro-orm/postgresql';
import DataLoader from 'dataloader';
import { Announcement } from './offers/announcement.entity.ts';
import { Campaign, Offer } from './offers/campaign.entity.ts';
import { Partner } from './partners/partner.entity.ts';
import { Game, Team } from './venues/game.entity.ts';
import { Venue, Zone } from './venues/venue.entity.ts';

function byKey<T extends { id: string }>(em: SqlEntityManager, entity: EntityName<T>): DataLoader<string, T | null> {
  return new DataLoader(async (keys: readonly string[]) => {
    const rows = await em.find(entity, { id: { $in: [...keys] } } as never);
    const found = new Map(rows.map((row) => [(row as T).id, row as T]));
    return keys.map((key) => found.get(key) ?? null);
  });
}

export type Loaders = ReturnType<typeof createLoaders>;

export const createLoaders = (em: SqlEntityManager) => ({
  venue: byKey(em, Venue),
  zone: byKey(em, Zone),
  team: byKey(em, Team),
  game: byKey(em, Game),
  partner: byKey(em, Partner),
  campaign: byKey(em, Campaign),
  offer: byKey(em, Offer),
  announcement: byKey(em, Announcement),
  zonesOfVenue: new DataLoader(async (venueIds: readonly string[]) => {
    const zones = await em.find(Zone, { venueId: { $in: [...venueIds] } } as never, { orderBy: { id: 'asc' } });
    return venueIds.map((venueId) => zones.filter((zone) => zone.venueId === venueId));
  }),
  offerOfCampaign: new DataLoader(async (campaignIds: readonly string[]) => {
    const offers = await em.find(Offer, { campaignId: { $in: [...campaignIds] } } as never);
    return campaignIds.map((campaignId) => offers.find((offer) => offer.campaignId === campaignId) ?? null);
  }),
});
