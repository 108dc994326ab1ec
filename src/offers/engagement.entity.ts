/**
 * What a fan did with an offer that was announced to them: the first time they viewed it, opened it, dismissed it. Kept
 * under HISTORY_ENGAGEMENT, for ninety days.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { ScopedValue } from '../consent/write-gate.ts';
import { id, instant } from '../db/columns.ts';
import { Fan } from '../fans/fan.entity.ts';
import { Announcement } from './announcement.entity.ts';
import { Offer } from './campaign.entity.ts';

export const ENGAGEMENT_KINDS = ['VIEW', 'CLICK', 'DISMISS'] as const;
export type EngagementKind = (typeof ENGAGEMENT_KINDS)[number];

export const Engagement = defineEntity({
  name: 'Engagement',
  tableName: 'engagement',
  uniques: [{ properties: ['fanId', 'offerId', 'kind'] }],
  indexes: [{ properties: ['at'] }],
  properties: {
    id: id(),
    announcementId: () => p.manyToOne(Announcement).mapToPk().joinColumn('announcement_id'),
    offerId: () => p.manyToOne(Offer).mapToPk().joinColumn('offer_id'),
    fanId: () => p.manyToOne(Fan).mapToPk().joinColumn('fan_id').deleteRule('cascade'),
    kind: p.enum(ENGAGEMENT_KINDS),
    at: instant(),
    /** The lineages in force when it was recorded, as a delivery has them. */
    lineages: p.array().columnType('bigint[]'),
    /** The same towards the partner, where it is told to the partner. */
    partnerLineages: p.array().columnType('bigint[]').nullable(),
    /** The transaction that wrote it: its place in the partner's feed. */
    xid: p.string().columnType('xid8').nullable().defaultRaw('pg_current_xact_id()'),
  },
});
export type Engagement = InferEntity<typeof Engagement>;

/** Writing passes the gate like reading: nothing of it is stored without. */
export const ENGAGEMENT_SCOPES = {
  engagement: { scope: 'HISTORY_ENGAGEMENT', otherwise: 'omit' },
} as const satisfies Record<string, ScopedValue>;
