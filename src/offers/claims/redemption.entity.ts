/**
 * An offer honoured by staff. It outlives its fan, whom it does not name: the claim does, and goes with them. What the
 * order came to is used to compute the discount, and not kept.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, id, instant } from '../../db/columns.ts';
import { Claim } from './claim.entity.ts';

export const REDEMPTION_STATUSES = ['REDEEMED', 'ROLLED_BACK'] as const;

export const Redemption = defineEntity({
  name: 'Redemption',
  tableName: 'redemption',
  uniques: [{ properties: ['redeemedBy', 'idempotencyKey'] }, { properties: ['rolledBackBy', 'rollbackKey'] }],
  indexes: [
    { properties: ['claimId'] },
    { properties: ['campaignId', 'at'], where: 'rolled_back_at is null' },
    { properties: ['venueId', 'orderId'], where: 'order_id is not null' },
  ],
  properties: {
    id: id(),
    claimId: () => p.manyToOne(Claim).mapToPk().joinColumn('claim_id').deleteRule('set null').nullable(),
    campaignId: p.bigint('string'),
    offerId: p.bigint('string'),
    gameId: p.bigint('string'),
    venueId: p.bigint('string'),
    claimedAt: instant(),
    /** When the code was scanned; offline, that was before it was recorded. */
    at: instant(),
    recordedAt: createdAt(),
    /** In minor units; null where nothing was said from which it follows. */
    discount: p.bigint('string').nullable(),
    currency: p.text().nullable(),
    /** What of it went against the campaign's budget. */
    spent: p.bigint('string').default(0),
    /** What it earned, whether it was taken back or not. */
    points: p.integer().default(0),
    /** The subject of the staff member. */
    redeemedBy: p.text(),
    idempotencyKey: p.text(),
    /** Of code, order and time: the same key with another input is a conflict. */
    inputHash: p.text(),
    /** The till's own number of the order. */
    orderId: p.text().nullable(),
    rolledBackAt: instant().nullable(),
    rolledBackBy: p.text().nullable(),
    rollbackKey: p.text().nullable(),
  },
});
export type Redemption = InferEntity<typeof Redemption>;
