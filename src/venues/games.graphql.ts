/** Games: the schedule, and what staff says about its course. */
import type { FilterQuery } from '@mikro-orm/core';
import type { Context } from '../context.ts';
import { builder } from '../graphql/builder.ts';
import { connect } from '../graphql/connection.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { GAME_STATUSES, type Game, Game as GameEntity } from './game.entity.ts';
import { setGameStatus } from './games.service.ts';
import { TeamType, VenueType } from './venues.graphql.ts';

export const GameStatusEnum = builder.enumType('GameStatus', { values: GAME_STATUSES });
const StartPrecision = builder.enumType('StartPrecision', {
  description: 'DATE: only the day is known; the hour is the custom of the field.',
  values: ['DATE', 'TIME'] as const,
});

export const GameType = builder.objectRef<Game>('Game').implement({
  description: 'Anything with a place and a time that fans attend.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: (game, _, { ids }) => ids.toGlobal('Game', game.id) }),
    sourceKey: t.exposeString('sourceKey', {
      nullable: true,
      description: "The source's own key, such as Retrosheet's.",
    }),
    startsAt: t.expose('startsAt', { type: 'DateTime' }),
    startPrecision: t.expose('startPrecision', { type: StartPrecision }),
    endsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ended; null until then, and where it is not known.',
      resolve: (game) => game.endedAt ?? null,
    }),
    status: t.expose('status', { type: GameStatusEnum }),
    gameNumber: t.exposeInt('gameNumber', {
      description: '0: the only one of its day; 1, 2, 3: its place among several.',
    }),
    attendance: t.exposeInt('attendance', { nullable: true, description: 'Null where it is not known.' }),
    homeScore: t.exposeInt('homeScore', { nullable: true }),
    awayScore: t.exposeInt('awayScore', { nullable: true }),
    forfeit: t.exposeString('forfeit', { nullable: true, description: "Retrosheet's forfeit code: V, H or T." }),
    completion: t.exposeString('completion', {
      nullable: true,
      description: 'Of a suspended game, as Retrosheet writes it.',
    }),
    venue: t.field({
      type: VenueType,
      resolve: async (game, _, { loaders }) => (await loaders.venue.load(game.venueId))!,
    }),
    homeTeam: t.field({
      type: TeamType,
      nullable: true,
      resolve: (game, _, context) => team(context, game.homeTeamId),
    }),
    awayTeam: t.field({
      type: TeamType,
      nullable: true,
      resolve: (game, _, context) => team(context, game.awayTeamId),
    }),
    replayOf: t.field({
      type: 'ID',
      nullable: true,
      description: 'The game of which this is a replay.',
      resolve: (game, _, { ids }) => (game.replayOfId ? ids.toGlobal('Game', game.replayOfId) : null),
    }),
  }),
});

const team = ({ loaders }: Context, key: string | null | undefined) => (key ? loaders.team.load(key) : null);

registerNode('Game', { load: ({ loaders }, key) => loaders.game.load(key) });

const GameFilter = builder.inputType('GameFilter', {
  fields: (t) => ({
    venueId: t.id(),
    teamId: t.id({ description: 'At home or away.' }),
    status: t.field({ type: GameStatusEnum }),
    from: t.field({ type: 'DateTime', description: 'Starting then or later.' }),
    to: t.field({ type: 'DateTime', description: 'Starting before then.' }),
  }),
});

builder.queryField('games', (t) =>
  t.connection({
    type: GameType,
    args: { filter: t.arg({ type: GameFilter }) },
    resolve: (_, { filter, ...args }, context) =>
      connect(context, args, {
        entity: GameEntity,
        table: 'game',
        where: gameFilter(context, filter ?? {}),
        order: ['starts_at', 'id'],
      }),
  }),
);

function gameFilter({ ids }: Context, filter: typeof GameFilter.$inferInput): FilterQuery<Game> {
  const { venueId, teamId, status, from, to } = filter;
  const teamKey = ids.keyOrNull('Team', teamId, 'filter.teamId');
  const venueKey = ids.keyOrNull('Venue', venueId, 'filter.venueId');
  return {
    ...(venueKey ? { venueId: venueKey } : {}),
    ...(teamKey ? { $or: [{ homeTeamId: teamKey }, { awayTeamId: teamKey }] } : {}),
    ...(status ? { status } : {}),
    ...(from || to ? { startsAt: { ...(from ? { $gte: from } : {}), ...(to ? { $lt: to } : {}) } } : {}),
  } as FilterQuery<Game>;
}

const SetGameStatusInput = builder.inputType('SetGameStatusInput', {
  fields: (t) => ({
    gameId: t.id({ required: true }),
    status: t.field({ type: GameStatusEnum, required: true }),
    startsAt: t.field({ type: 'DateTime', description: 'A new start, for a postponed or resumed game.' }),
  }),
});
const SetGameStatusSuccess = builder
  .objectRef<{ game: Game }>('SetGameStatusSuccess')
  .implement({ fields: (t) => ({ game: t.expose('game', { type: GameType }) }) });

builder.mutationField('setGameStatus', (t) =>
  t.field({
    type: SetGameStatusSuccess,
    errors: {},
    description: 'Staff only, at their own venue. The end of a game ends the consent that was given for it.',
    args: { input: t.arg({ type: SetGameStatusInput, required: true }) },
    resolve: async (_, { input }, context) => ({
      game: await setGameStatus(context, {
        ...input,
        gameId: context.ids.key('Game', input.gameId, 'input.gameId'),
        startsAt: input.startsAt ?? null,
      }),
    }),
  }),
);
