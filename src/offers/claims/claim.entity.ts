/**
 * What a fan took of an offer, and the book in which a campaign counts it. Whether a hold has expired is judged by
 * `expiresAt` when it is asked, never stored. What happens to them happens in the SQL functions of the migrations.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { id, instant } from '../../db/columns.ts';
import { Fan } from '../../fans/fan.entity.ts';
import { Campaign } from '../campaign.entity.ts';

export const CLAIM_STATUSES = ['HELD', 'REDEEMED', 'EXPIRED'] as const;
export type ClaimStatus = (typeof CLAIM_STATUSES)[number];

export const Claim = defineEntity({
  name: 'Claim',
  tableName: 'claim',
  uniques: [{ properties: ['fanId', 'idempotencyKey'] }],
  indexes: [{ properties: ['fanId', 'id'] }, { properties: ['campaignId', 'expiresAt'], where: "state = 'HELD'" }],
  properties: {
    id: id(),
    // Campaigns, offers, games and venues are never deleted: no key to look up while the book is held.
    campaignId: p.bigint('string'),
    offerId: p.bigint('string'),
    fanId: () => p.manyToOne(Fan).mapToPk().joinColumn('fan_id').deleteRule('cascade'),
    /** Where the fan was told of the offer. */
    gameId: p.bigint('string'),
    venueId: p.bigint('string'),
    /** Sealed under the master key: what is stored is no code. */
    code: p.text().unique(),
    /** LAPSED: expired, and its slot given to somebody else. */
    state: p.enum(['HELD', 'REDEEMED', 'LAPSED'] as const).default('HELD'),
    /** Money of the campaign's budget, in minor units, that waits for this claim. */
    reserved: p.bigint('string').default(0),
    idempotencyKey: p.text(),
    claimedAt: instant(),
    expiresAt: instant(),
  },
});
export type Claim = InferEntity<typeof Claim>;

export function claimStatus({ state, expiresAt }: Claim, now: Date): ClaimStatus {
  if (state === 'HELD') return now < expiresAt ? 'HELD' : 'EXPIRED';
  return state === 'REDEEMED' ? 'REDEEMED' : 'EXPIRED';
}

/** One a campaign, opened with it by the database. Ask `campaign_used` how much of the budget is in use. */
export const CampaignBook = defineEntity({
  name: 'CampaignBook',
  tableName: 'campaign_book',
  checks: [
    {
      name: 'campaign_book_counts_check',
      expression: 'claimed >= 0 and held >= 0 and redeemed >= 0 and reserved >= 0 and spent >= 0',
    },
  ],
  properties: {
    campaignId: () =>
      p.manyToOne(Campaign).mapToPk().joinColumn('campaign_id').primary().deleteRule('cascade').updateRule('no action'),
    holdSeconds: p.integer().default(86_400),
    /** All that there ever were. */
    claimed: p.integer().default(0),
    held: p.integer().default(0),
    redeemed: p.integer().default(0),
    reserved: p.bigint('string').default(0),
    spent: p.bigint('string').default(0),
  },
});
export type CampaignBook = InferEntity<typeof CampaignBook>;

export const LIMITED_ACTIONS = ['CLAIM', 'REDEEM'] as const;
export const LIMIT_PERIODS = ['HOUR', 'DAY', 'WEEK', 'MONTH', 'GAME', 'EVER'] as const;
export const LIMIT_KEYS = ['FAN', 'VENUE', 'CAMPAIGN', 'PARTNER'] as const;

/** How often something may be done in a period, counted apart for each fan, venue, campaign or partner. */
export const ClaimLimit = defineEntity({
  name: 'ClaimLimit',
  tableName: 'claim_limit',
  indexes: [{ properties: ['campaignId'] }],
  properties: {
    id: id(),
    campaignId: () => p.manyToOne(Campaign).mapToPk().joinColumn('campaign_id'),
    action: p.enum(LIMITED_ACTIONS),
    period: p.enum(LIMIT_PERIODS),
    per: p.array().columnType('text[]'),
    atMost: p.integer(),
  },
});
export type ClaimLimit = InferEntity<typeof ClaimLimit>;

/** What the partner is told of a claim; only of a fan who shared their presence with it when it happened. */
export const ClaimActivity = defineEntity({
  name: 'ClaimActivity',
  tableName: 'claim_activity',
  indexes: [{ properties: ['claimId'] }, { properties: ['fanId'] }],
  properties: {
    id: id(),
    claimId: () => p.manyToOne(Claim).mapToPk().joinColumn('claim_id').deleteRule('cascade'),
    fanId: () => p.manyToOne(Fan).mapToPk().joinColumn('fan_id').deleteRule('cascade'),
    kind: p.enum(['CLAIMED', 'REDEEMED'] as const),
    at: instant(),
    lineages: p.array().columnType('bigint[]'),
    partnerLineages: p.array().columnType('bigint[]'),
    /** The transaction that wrote it: its place in the partner's feed. */
    xid: p.string().columnType('xid8').defaultRaw('pg_current_xact_id()'),
  },
});
export type ClaimActivity = InferEntity<typeof ClaimActivity>;
