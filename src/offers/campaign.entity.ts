/**
 * A partner's plan and what it offers. The status is derived from the window, `launchedAt`, `paused` and `endedAt`, never
 * stored, so that it cannot be late.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, id, instant } from '../db/columns.ts';
import { Partner } from '../partners/partner.entity.ts';

export type Discount =
  | { kind: 'PERCENT'; percent: number }
  | { kind: 'AMOUNT'; amount: number; currency: string }
  | { kind: 'POINTS'; points: number };

/** What narrows the audience; empty lists do not, nor does what is left out. */
export interface CampaignRules {
  /** Venue, zone and team keys. */
  venueIds: string[];
  zoneIds: string[];
  favoriteTeamIds: string[];
  /** The states of a game at which it is announced. */
  gameStatuses?: ('SCHEDULED' | 'LIVE')[];
  tierCodes?: string[];
  visits?: { atLeast: number; withinDays: number };
  /** Games in a row at the venue, this one included. */
  streak?: number;
  /** With this partner's offers. */
  engagements?: { kind: 'VIEW' | 'CLICK'; atLeast: number; withinDays: number };
  /** In words of RFC 5545; what it comes to is in CampaignOpening. */
  hours?: { start: string; recurrence: string | null; openFor: string }[];
}

/** What an order takes of a group of offers: all, or one. */
export const STACKING_MODES = ['STACKABLE', 'LIST_ORDER', 'LOWEST', 'HIGHEST'] as const;
export type StackingMode = (typeof STACKING_MODES)[number];

export interface CampaignBudget {
  claims?: number;
  spend?: { amount: number; currency: string };
}

export const Campaign = defineEntity({
  name: 'Campaign',
  tableName: 'campaign',
  uniques: [{ properties: ['partnerId', 'idempotencyKey'] }],
  checks: [{ name: 'campaign_stacking_check', expression: '(stacking_group is null) = (stacking_mode is null)' }],
  properties: {
    id: id(),
    partnerId: () => p.manyToOne(Partner).mapToPk().joinColumn('partner_id'),
    name: p.text(),
    rules: p.json<CampaignRules>(),
    budget: p.json<CampaignBudget>(),
    capPerFan: p.integer(),
    priority: p.integer().default(0),
    /** Of the partner's own naming. All campaigns of a group have one mode. */
    stackingGroup: p.text().nullable(),
    stackingMode: p.enum(STACKING_MODES).nullable(),
    holdoutPercent: p.smallint().default(0),
    /** It has an explicit audience (CampaignTarget) and reaches nobody else, not even when nobody of it is left. */
    targeted: p.boolean().default(false),
    validFrom: instant(),
    validUntil: instant(),
    /** Null: a draft, of which nobody hears. */
    launchedAt: instant().nullable(),
    paused: p.boolean().default(false),
    endedAt: instant().nullable(),
    idempotencyKey: p.text().nullable(),
    /** SHA-256 of the parsed input: the same key with another input is a conflict. */
    inputHash: p.text(),
    createdAt: createdAt(),
  },
});
export type Campaign = InferEntity<typeof Campaign>;

export const Offer = defineEntity({
  name: 'Offer',
  tableName: 'offer',
  properties: {
    id: id(),
    campaignId: () => p.manyToOne(Campaign).mapToPk().joinColumn('campaign_id').unique(),
    title: p.text(),
    body: p.text(),
    imageUrl: p.text().nullable(),
    discount: p.json<Discount>(),
  },
});
export type Offer = InferEntity<typeof Offer>;
