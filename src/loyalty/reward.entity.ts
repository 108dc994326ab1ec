/**
 * What points can be exchanged for, and the contract that an exchange is: ISSUED sets the points aside, REDEEMED burns
 * them, RETURNED gives them back. The status follows from the instants and is never stored; nor is the code.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, id, instant } from '../db/columns.ts';
import { Fan } from '../fans/fan.entity.ts';

export const Reward = defineEntity({
  name: 'Reward',
  tableName: 'reward',
  checks: [{ name: 'reward_stock_check', expression: 'issued >= 0 and issued <= stock' }],
  properties: {
    id: id(),
    code: p.text().unique(),
    title: p.text(),
    points: p.integer().check('points > 0'),
    /** How many there are. Empty: any number. */
    stock: p.integer().nullable(),
    /** How many are issued or redeemed. */
    issued: p.integer().default(0),
    availableFrom: createdAt(),
    availableUntil: instant().nullable(),
  },
});
export type Reward = InferEntity<typeof Reward>;

export const REWARD_STATUSES = ['ISSUED', 'REDEEMED', 'RETURNED'] as const;
export type RewardStatus = (typeof REWARD_STATUSES)[number];

export const RewardRedemption = defineEntity({
  name: 'RewardRedemption',
  tableName: 'reward_redemption',
  uniques: [
    { properties: ['fanId', 'idempotencyKey'] },
    { properties: ['redeemedBy', 'redeemedKey'] },
    { properties: ['returnedBy', 'returnedKey'] },
  ],
  properties: {
    id: id(),
    fanId: () => p.manyToOne(Fan).mapToPk().joinColumn('fan_id').deleteRule('cascade'),
    rewardId: () => p.manyToOne(Reward).mapToPk().joinColumn('reward_id'),
    /** The price at which it was issued. */
    points: p.integer(),
    idempotencyKey: p.text(),
    issuedAt: createdAt(),
    redeemedAt: instant().nullable(),
    redeemedBy: p.text().nullable(),
    redeemedKey: p.text().nullable(),
    returnedAt: instant().nullable(),
    returnedBy: p.text().nullable(),
    returnedKey: p.text().nullable(),
  },
});
export type RewardRedemption = InferEntity<typeof RewardRedemption>;

export const statusOf = ({ redeemedAt, returnedAt }: RewardRedemption): RewardStatus =>
  returnedAt ? 'RETURNED' : redeemedAt ? 'REDEEMED' : 'ISSUED';
