/**
 * How often fans are told of offers at all. The operator's limits are one row, null for none; a fan's own can only tighten
 * them. An objection is “less like this”: for a while nothing of that partner.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, instant } from '../../db/columns.ts';
import { Fan } from '../../fans/fan.entity.ts';
import { Partner } from '../../partners/partner.entity.ts';

export const ContactPolicy = defineEntity({
  name: 'ContactPolicy',
  tableName: 'contact_policy',
  checks: [
    {
      name: 'contact_policy_limits_check',
      expression: 'per_game >= 0 and per_hour >= 0 and quiet_minutes >= 0 and less_days >= 0',
    },
  ],
  properties: {
    id: p.smallint().primary().autoincrement(false).default(1).check('id = 1'),
    perGame: p.integer().nullable(),
    perHour: p.integer().nullable(),
    /** After a dismissal. */
    quietMinutes: p.integer().default(0),
    /** How long an objection lasts. */
    lessDays: p.integer().default(30),
  },
});
export type ContactPolicy = InferEntity<typeof ContactPolicy>;

export const ContactWish = defineEntity({
  name: 'ContactWish',
  tableName: 'contact_wish',
  checks: [{ name: 'contact_wish_limits_check', expression: 'per_game >= 0 and per_hour >= 0 and quiet_minutes >= 0' }],
  properties: {
    fanId: () =>
      p.manyToOne(Fan).mapToPk().primary().joinColumn('fan_id').deleteRule('cascade').updateRule('no action'),
    perGame: p.integer().nullable(),
    perHour: p.integer().nullable(),
    quietMinutes: p.integer().nullable(),
    pausedUntil: instant().nullable(),
  },
});
export type ContactWish = InferEntity<typeof ContactWish>;

export const ContactObjection = defineEntity({
  name: 'ContactObjection',
  tableName: 'contact_objection',
  indexes: [{ properties: ['partnerId'] }],
  properties: {
    fanId: () =>
      p.manyToOne(Fan).mapToPk().primary().joinColumn('fan_id').deleteRule('cascade').updateRule('no action'),
    partnerId: () =>
      p.manyToOne(Partner).mapToPk().primary().joinColumn('partner_id').deleteRule('no action').updateRule('no action'),
    at: createdAt(),
  },
});
export type ContactObjection = InferEntity<typeof ContactObjection>;
