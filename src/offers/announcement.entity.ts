/** One push of an offer to the audience of a moment, and the record that one fan was announced it. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { ConsentScope } from '../consent/scopes.ts';
import { createdAt, id } from '../db/columns.ts';
import { Fan } from '../fans/fan.entity.ts';
import { Game } from '../venues/game.entity.ts';
import { Campaign, Offer } from './campaign.entity.ts';

export const REASON_KINDS = [
  'AT_VENUE',
  'IN_ZONE',
  'FAVORITE_TEAM',
  'LISTED',
  'TIER',
  'VISITS',
  'STREAK',
  'ENGAGEMENT',
] as const;
/** Those under which what a reason names is known. */
export const REASON_SCOPES = [
  'PRESENCE_VENUE',
  'PRESENCE_ZONE',
  'PROFILE_PREFERENCES',
  'OFFERS_LIVE',
  'LOYALTY',
  'HISTORY_ATTENDANCE',
  'HISTORY_ENGAGEMENT',
] as const satisfies readonly ConsentScope[];
export interface Reason {
  kind: (typeof REASON_KINDS)[number];
  text: string;
  scope: (typeof REASON_SCOPES)[number];
}

/** Of a campaign with an explicit audience. */
export const LISTED: Reason = { kind: 'LISTED', text: 'You are on the list of those it is for.', scope: 'OFFERS_LIVE' };

export const Announcement = defineEntity({
  name: 'Announcement',
  tableName: 'announcement',
  uniques: [{ properties: ['campaignId', 'idempotencyKey'] }],
  indexes: [{ properties: ['gameId', 'at'] }, { properties: ['at'] }],
  properties: {
    id: id(),
    campaignId: () => p.manyToOne(Campaign).mapToPk().joinColumn('campaign_id'),
    offerId: () => p.manyToOne(Offer).mapToPk().joinColumn('offer_id'),
    gameId: () => p.manyToOne(Game).mapToPk().joinColumn('game_id'),
    zoneIds: p.array().columnType('bigint[]').default([]),
    /** Why the audience was chosen: from the campaign's rules, the same for everyone in it. */
    reasons: p.json<Reason[]>(),
    idempotencyKey: p.text(),
    at: createdAt(),
    /** The transaction that wrote it: its place in the feed. */
    xid: p.string().columnType('xid8').nullable().defaultRaw('pg_current_xact_id()'),
  },
});
export type Announcement = InferEntity<typeof Announcement>;

export const Delivery = defineEntity({
  name: 'Delivery',
  tableName: 'delivery',
  uniques: [{ properties: ['offerId', 'fanId'] }],
  indexes: [
    { properties: ['fanId', 'id'] },
    { properties: ['announcementId', 'id'], where: 'partner_lineages is not null' },
  ],
  properties: {
    id: id(),
    // Neither is ever deleted, and both are locked when a delivery is written: no key to check 40,000 times.
    announcementId: () =>
      p.manyToOne(Announcement).mapToPk().joinColumn('announcement_id').createForeignKeyConstraint(false),
    offerId: () => p.manyToOne(Offer).mapToPk().joinColumn('offer_id').createForeignKeyConstraint(false),
    fanId: () => p.manyToOne(Fan).mapToPk().joinColumn('fan_id').deleteRule('cascade'),
    /** The lineages in force when it was captured, by scope bit; 0 where the scope was not in force. */
    lineages: p.array().columnType('bigint[]'),
    /** The same towards the partner, where the fan shared their presence with it; only these are told to the partner. */
    partnerLineages: p.array().columnType('bigint[]').nullable(),
  },
});
export type Delivery = InferEntity<typeof Delivery>;
