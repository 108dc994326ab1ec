/** What a fan bought, in minor units of its currency, and what of it was refunded. Kept under HISTORY_PURCHASE. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, id } from '../db/columns.ts';
import { Fan } from '../fans/fan.entity.ts';
import { Venue } from '../venues/venue.entity.ts';

export const Purchase = defineEntity({
  name: 'Purchase',
  tableName: 'purchase',
  uniques: [{ properties: ['till', 'idempotencyKey'] }],
  indexes: [{ properties: ['fanId', 'at'] }],
  properties: {
    id: id(),
    fanId: () => p.manyToOne(Fan).mapToPk().joinColumn('fan_id').deleteRule('cascade'),
    venueId: () => p.manyToOne(Venue).mapToPk().joinColumn('venue_id'),
    total: p.integer().check('total > 0'),
    currency: p.text(),
    /** Who recorded it, whose idempotency keys are their own. */
    till: p.text(),
    idempotencyKey: p.text(),
    at: createdAt(),
  },
});
export type Purchase = InferEntity<typeof Purchase>;

export const PurchaseRefund = defineEntity({
  name: 'PurchaseRefund',
  tableName: 'purchase_refund',
  uniques: [{ properties: ['till', 'idempotencyKey'] }],
  indexes: [{ properties: ['purchaseId'] }],
  properties: {
    id: id(),
    purchaseId: () => p.manyToOne(Purchase).mapToPk().joinColumn('purchase_id').deleteRule('cascade'),
    fanId: () => p.manyToOne(Fan).mapToPk().joinColumn('fan_id').deleteRule('cascade'),
    amount: p.integer().check('amount > 0'),
    pointsTaken: p.integer(),
    till: p.text(),
    idempotencyKey: p.text(),
    at: createdAt(),
  },
});
export type PurchaseRefund = InferEntity<typeof PurchaseRefund>;
