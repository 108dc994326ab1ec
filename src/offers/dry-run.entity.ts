/** A partner's question what an announcement would come to, with the answer that it was given. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, id, instant } from '../db/columns.ts';
import { Partner } from '../partners/partner.entity.ts';
import { Game } from '../venues/game.entity.ts';
import { Campaign } from './campaign.entity.ts';
import type { SkipCode } from './skips.ts';

export const EFFECT_KINDS = ['ANNOUNCEMENT', 'DISCOUNT', 'HOLDOUT', 'FORESEEN', 'NOTHING'] as const;
export interface Effect {
  kind: (typeof EFFECT_KINDS)[number];
  text: string;
}
export interface Skipped {
  code: 'CONSENT_OFF' | SkipCode;
  /** Rounded down to tens; null below the audience minimum. */
  bucket: number | null;
}
export interface Rehearsal {
  audienceBucket: number | null;
  effects: Effect[];
  skipped: Skipped[];
}

export const DryRun = defineEntity({
  name: 'DryRun',
  tableName: 'dry_run',
  indexes: [{ properties: ['partnerId', 'gameId', 'askedAt'] }],
  properties: {
    id: id(),
    partnerId: () => p.manyToOne(Partner).mapToPk().joinColumn('partner_id'),
    campaignId: () => p.manyToOne(Campaign).mapToPk().joinColumn('campaign_id'),
    gameId: () => p.manyToOne(Game).mapToPk().joinColumn('game_id'),
    /** The instant asked about; null: the one of asking. */
    at: instant().nullable(),
    askedAt: createdAt(),
    answer: p.json<Rehearsal>(),
  },
});
export type DryRun = InferEntity<typeof DryRun>;
