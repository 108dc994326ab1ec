/**
 * One fan at one game. Attendance is the history of visits: a visit outlives its game only where HISTORY_ATTENDANCE
 * is in force. Presence (where in the venue a fan is now) is not here: it lives in unlogged partitions, one per game,
 * opened and dropped by the functions of the migrations.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, id, instant } from '../db/columns.ts';
import { Fan } from '../fans/fan.entity.ts';
import { Game } from '../venues/game.entity.ts';

export const CHECK_IN_METHODS = ['TICKET', 'ZONE_CODE', 'BEACON', 'MANUAL'] as const;
export type CheckInMethod = (typeof CHECK_IN_METHODS)[number];

export const Visit = defineEntity({
  name: 'Visit',
  tableName: 'visit',
  uniques: [{ properties: ['fanId', 'gameId'] }, { properties: ['fanId', 'nonce'] }],
  indexes: [{ properties: ['gameId'] }],
  properties: {
    id: id(),
    fanId: () => p.manyToOne(Fan).mapToPk().joinColumn('fan_id').deleteRule('cascade'),
    gameId: () => p.manyToOne(Game).mapToPk().joinColumn('game_id'),
    method: p.enum(CHECK_IN_METHODS),
    nonce: p.text(),
    arrivedAt: createdAt(),
    leftAt: instant().nullable(),
    /** When staff or a gate saw the fan arrive. Empty: only the fan says so, which earns nothing. */
    provenAt: instant().nullable(),
  },
});
export type Visit = InferEntity<typeof Visit>;
