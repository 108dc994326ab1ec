/** One game that a fan sits out. It is kept after the game: its lineage tells what was captured before it. */
import { defineEntity, p } from '@mikro-orm/core';
import { createdAt } from '../db/columns.ts';

export const ConsentPause = defineEntity({
  name: 'ConsentPause',
  tableName: 'consent_pause',
  properties: {
    fanId: p.bigint('string').primary().autoincrement(false),
    gameId: p.bigint('string').primary().autoincrement(false),
    /** The sitting that is sat out. */
    session: p.integer(),
    /** From the sequence of grants, so that every lineage from before the pause is lower. */
    lineage: p.bigint('string'),
    at: createdAt(),
  },
});
