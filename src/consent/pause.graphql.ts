/** Sitting one game out. */
import { builder } from '../graphql/builder.ts';
import { GameType } from '../venues/games.graphql.ts';
import { actsFor, Barrier, ConsentReceipt } from './consent.graphql.ts';
import { type Pause, pauseForGame } from './pauses.service.ts';

const PauseForGameInput = builder.inputType('PauseForGameInput', {
  fields: (t) => ({
    gameId: t.id({ required: true }),
    wardId: t.id({ description: 'For a ward of yours. Absent: for yourself.' }),
  }),
});
const PauseForGameSuccess = builder.objectRef<Pause & { gameId: string }>('PauseForGameSuccess').implement({
  fields: (t) => ({
    game: t.field({
      type: GameType,
      resolve: async ({ gameId }, _, { loaders }) => (await loaders.game.load(gameId))!,
    }),
    resumesAt: t.expose('resumesAt', {
      type: 'DateTime',
      description:
        'As far as is known: the end of the game plus half an hour, or 12 hours after its start while it has not ended.',
    }),
    receipt: t.expose('receipt', { type: ConsentReceipt }),
    barrier: t.expose('barrier', { type: Barrier }),
  }),
});

builder.mutationField('pauseForGame', (t) =>
  t.field({
    type: PauseForGameSuccess,
    errors: {},
    description:
      'Sits this game out, standing grants included. When it has returned, no node starts to send anything of it any more.',
    args: { input: t.arg({ type: PauseForGameInput, required: true }) },
    resolve: async (_, { input }, context) => {
      const fanId = actsFor(context, input.wardId);
      const gameId = context.ids.key('Game', input.gameId, 'input.gameId');
      return { gameId, ...(await pauseForGame(context, fanId, gameId)) };
    },
  }),
);
