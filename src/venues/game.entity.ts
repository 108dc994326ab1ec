/**
 * A game is anything with a place and a time that fans attend. An imported game is a fact and is never altered; a
 * replay points at it with `replayOfId`. `session` counts its sittings: a resumption after a suspension, a
 * postponement or an end is a new session, for which consent is asked anew.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { id, instant } from '../db/columns.ts';
import { Venue } from './venue.entity.ts';

export const GAME_STATUSES = ['SCHEDULED', 'LIVE', 'FINAL', 'POSTPONED', 'SUSPENDED', 'CANCELED'] as const;
export type GameStatus = (typeof GAME_STATUSES)[number];

export const Team = defineEntity({
  name: 'Team',
  tableName: 'team',
  properties: { id: id(), code: p.text().unique(), name: p.text() },
});
export type Team = InferEntity<typeof Team>;

export const Game = defineEntity({
  name: 'Game',
  tableName: 'game',
  indexes: [{ properties: ['startsAt', 'id'] }, { properties: ['venueId', 'startsAt'] }],
  properties: {
    id: id(),
    /** The source's own key, such as Retrosheet's game id ATL201803290. */
    sourceKey: p.text().unique().nullable(),
    venueId: () => p.manyToOne(Venue).mapToPk().joinColumn('venue_id'),
    homeTeamId: () => p.manyToOne(Team).mapToPk().joinColumn('home_team_id').nullable(),
    awayTeamId: () => p.manyToOne(Team).mapToPk().joinColumn('away_team_id').nullable(),
    startsAt: instant(),
    /** DATE: only the day is known, and the hour is the custom of the field (13:00 by day, 19:00 by night). */
    startPrecision: p.enum(['DATE', 'TIME']).default('TIME'),
    endedAt: instant().nullable(),
    status: p.enum(GAME_STATUSES).default('SCHEDULED'),
    session: p.integer().default(1),
    /** 0: the only game of its day; 1, 2, 3: its place in a doubleheader or tripleheader. */
    gameNumber: p.smallint().default(0),
    attendance: p.integer().nullable(),
    homeScore: p.smallint().nullable(),
    awayScore: p.smallint().nullable(),
    /** Retrosheet's forfeit code: V, H (forfeited to the visitors, to the home team) or T (no decision). */
    forfeit: p.text().nullable(),
    /** Where and when a suspended game was completed, as Retrosheet writes it. */
    completion: p.text().nullable(),
    /** True for the one game of the demo, null for all others. */
    demo: p.boolean().unique().nullable(),
    replayOfId: () => p.manyToOne(Game).mapToPk().joinColumn('replay_of_id').nullable(),
  },
});
export type Game = InferEntity<typeof Game>;

/** A game that is over, for good or for now, takes no check-ins and no announcements. */
export const isOver = ({ status }: { status: GameStatus }): boolean => status !== 'LIVE' && status !== 'SCHEDULED';
