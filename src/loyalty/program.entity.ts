/** The operator's loyalty program, as data: how refunds, tiers and seasons work, and what is earned by what. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { id, instant } from '../db/columns.ts';

/** Which points a refund takes back: those still pending; what there is, too; or all, even below zero. */
export const REFUND_POLICIES = ['ONLY_PENDING', 'WITHIN_BALANCE', 'ALLOW_NEGATIVE'] as const;
export type RefundPolicy = (typeof REFUND_POLICIES)[number];

export const LoyaltyProgram = defineEntity({
  name: 'LoyaltyProgram',
  tableName: 'loyalty_program',
  properties: {
    id: p.smallint().primary().autoincrement(false).default(1).check('id = 1'),
    refundPolicy: p.enum(REFUND_POLICIES).default('WITHIN_BALANCE'),
    /** By which points one is in a tier: those of the last days, or those of a season. */
    qualification: p.enum(['ROLLING', 'SEASON']).default('ROLLING'),
    qualificationDays: p.integer().default(365),
    seasonMonth: p.smallint().default(1).check('season_month >= 1 and season_month <= 12'),
    seasonDay: p.smallint().default(1).check('season_day >= 1 and season_day <= 28'),
    timeZone: p.text().default('UTC'),
    /** How long points live that no rule says otherwise of. Empty: for ever. */
    lifeDays: p.integer().default(730).nullable(),
  },
});

export const Tier = defineEntity({
  name: 'Tier',
  tableName: 'tier',
  properties: {
    id: id(),
    code: p.text().unique(),
    name: p.text(),
    /** The qualifying points that reach it. */
    points: p.integer().unique().check('points >= 0'),
  },
});

export const EarningRule = defineEntity({
  name: 'EarningRule',
  tableName: 'earning_rule',
  checks: [{ name: 'earning_rule_cap_check', expression: '(cap_points is null) = (cap_period is null)' }],
  properties: {
    id: id(),
    code: p.text().unique(),
    source: p.enum(['ATTENDANCE', 'STREAK', 'PURCHASE', 'ENGAGEMENT']),
    /** Of an engagement: VIEW, CLICK. Empty: any. */
    action: p.text().nullable(),
    points: p.integer().check('points > 0'),
    /** The points are for each so many minor units of a purchase. Empty: for the whole of it. */
    perAmount: p.integer().check('per_amount > 0').nullable(),
    currency: p.text().nullable(),
    /** Of a streak: each so many games in a row. */
    every: p.integer().check('every > 0').nullable(),
    capPoints: p.integer().nullable(),
    capPeriod: p.enum(['DAY', 'WEEK', 'MONTH', 'YEAR', 'SEASON', 'EVER']).nullable(),
    pendingDays: p.integer().default(0).check('pending_days >= 0'),
    lifeDays: p.integer().check('life_days > pending_days').nullable(),
    activeFrom: instant().nullable(),
    activeUntil: instant().nullable(),
  },
});
export type EarningRule = InferEntity<typeof EarningRule>;
