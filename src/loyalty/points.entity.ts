/**
 * The ledger of points: append-only while the fan is here, gone with the fan. What the kinds mean, and how states and
 * balances follow from them, stands beside the functions that write it, in `migrations/*-points-ledger.sql`.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { ScopedValue } from '../consent/write-gate.ts';
import { createdAt, id, instant } from '../db/columns.ts';
import { Fan } from '../fans/fan.entity.ts';

export const POINTS_KINDS = [
  'EARNED',
  'HELD',
  'RELEASED',
  'SPENT',
  'RESTORED',
  'REVERSED',
  'OWED',
  'SETTLED',
  'WAIVED',
] as const;
export type PointsKind = (typeof POINTS_KINDS)[number];

export const EARNING_SOURCES = ['ATTENDANCE', 'STREAK', 'PURCHASE', 'OFFER', 'ENGAGEMENT'] as const;
export type EarningSource = (typeof EARNING_SOURCES)[number];
export const POINTS_SOURCES = [...EARNING_SOURCES, 'REWARD'] as const;

export const PointsEntry = defineEntity({
  name: 'PointsEntry',
  tableName: 'points_entry',
  uniques: [
    { properties: ['fanId', 'seq'] },
    { properties: ['source', 'reference', 'ruleCode'], where: "kind = 'EARNED'" },
  ],
  indexes: [{ properties: ['fanId', 'source', 'reference'] }],
  checks: [{ name: 'points_entry_sign_check', expression: 'points_entry_adds_up(kind, points, lot_id, waived)' }],
  properties: {
    id: id(),
    fanId: () => p.manyToOne(Fan).mapToPk().joinColumn('fan_id').deleteRule('cascade'),
    seq: p.integer(),
    kind: p.enum(POINTS_KINDS),
    points: p.integer(),
    balance: p.integer(),
    lotId: p.bigint('string').nullable(),
    undoesId: p.bigint('string').nullable(),
    waived: p.integer().default(0),
    source: p.enum(POINTS_SOURCES),
    reference: p.text(),
    ruleCode: p.text().default(''),
    confirmedAt: instant().nullable(),
    lifeDays: p.integer().nullable(),
    at: createdAt(),
  },
});
export type PointsEntry = InferEntity<typeof PointsEntry>;

/** Writing passes the gate like reading: points need LOYALTY, and the scope of what they are earned by. */
const earnedUnder = (scope: ScopedValue['scope']) =>
  ({
    points: { scope: 'LOYALTY', otherwise: 'omit' },
    source: { scope, otherwise: 'omit' },
  }) as const satisfies Record<string, ScopedValue>;

export const EARNING_SCOPES = {
  ATTENDANCE: earnedUnder('HISTORY_ATTENDANCE'),
  STREAK: earnedUnder('HISTORY_ATTENDANCE'),
  PURCHASE: earnedUnder('HISTORY_PURCHASE'),
  OFFER: earnedUnder('HISTORY_PURCHASE'),
  ENGAGEMENT: earnedUnder('HISTORY_ENGAGEMENT'),
} as const satisfies Record<EarningSource, unknown>;
