/** A visit's own fields are open; the path that reaches it is gated. */
import { builder } from '../graphql/builder.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { requireFan } from '../identity/roles.ts';
import { GameType } from '../venues/games.graphql.ts';
import { type ConfirmedArrival, confirmArrival } from './arrivals.service.ts';
import { CHECK_IN_METHODS, type Visit, Visit as VisitEntity } from './visit.entity.ts';
import { checkIn, checkOut } from './visits.service.ts';

const CheckInMethodEnum = builder.enumType('CheckInMethod', { values: CHECK_IN_METHODS });

export const VisitType = builder.objectRef<Visit>('Visit');
builder.subjectType(VisitType, {
  description: 'One fan at one game.',
  subject: ({ fanId, gameId }) => ({ fanId, gameId }),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ consent: null, resolve: (visit, _, { ids }) => ids.toGlobal('Visit', visit.id) }),
    game: t.field({
      type: GameType,
      consent: null,
      resolve: async (visit, _, { loaders }) => (await loaders.game.load(visit.gameId))!,
    }),
    method: t.expose('method', { type: CheckInMethodEnum, consent: null }),
    arrivedAt: t.expose('arrivedAt', { type: 'DateTime', consent: null }),
    leftAt: t.expose('leftAt', { type: 'DateTime', nullable: true, consent: null }),
    provenAt: t.expose('provenAt', {
      type: 'DateTime',
      nullable: true,
      consent: null,
      description:
        'When staff or a gate saw the fan arrive, which is what attendance earns points by. Null: nobody did.',
    }),
  }),
});

registerNode('Visit', {
  load: ({ em }, key) => em.findOne(VisitEntity, { id: key }),
  gate: async (visit, { loaders }) => {
    const game = await loaders.game.load(visit.gameId);
    const lasts = !visit.leftAt && !game?.endedAt;
    return {
      subject: { fanId: visit.fanId, gameId: visit.gameId },
      anyOf: lasts ? ['HISTORY_ATTENDANCE', 'PRESENCE_VENUE'] : ['HISTORY_ATTENDANCE'],
    };
  },
});

const CheckInInput = builder.inputType('CheckInInput', {
  fields: (t) => ({
    gameId: t.id({ required: true }),
    method: t.field({ type: CheckInMethodEnum, required: true }),
    nonce: t.string({ required: true, description: 'The idempotency key.' }),
    zoneId: t.id({ description: 'Ignored without PRESENCE_ZONE.' }),
    at: t.field({ type: 'DateTime' }),
  }),
});
const CheckInSuccess = builder.objectRef<{ visit: Visit; created: boolean }>('CheckInSuccess').implement({
  fields: (t) => ({ visit: t.expose('visit', { type: VisitType }), created: t.exposeBoolean('created') }),
});

const CheckOutInput = builder.inputType('CheckOutInput', {
  fields: (t) => ({ gameId: t.id({ required: true }), at: t.field({ type: 'DateTime' }) }),
});
const CheckOutSuccess = builder
  .objectRef<{ visit: Visit }>('CheckOutSuccess')
  .implement({ fields: (t) => ({ visit: t.expose('visit', { type: VisitType }) }) });

const ConfirmArrivalInput = builder.inputType('ConfirmArrivalInput', {
  fields: (t) => ({
    gameId: t.id({ required: true }),
    fanCode: t.string({ required: true, description: 'What the fan shows: their memberCode.' }),
  }),
});
const ConfirmArrivalSuccess = builder.objectRef<ConfirmedArrival>('ConfirmArrivalSuccess').implement({
  fields: (t) => ({
    visit: t.expose('visit', { type: VisitType }),
    pointsEarned: t.exposeInt('pointsEarned', { description: 'Pending ones too.' }),
  }),
});

builder.mutationFields((t) => ({
  confirmArrival: t.field({
    type: ConfirmArrivalSuccess,
    errors: {},
    description:
      'For staff and gates: they saw this fan arrive, who keeps it under HISTORY_ATTENDANCE and earns points by it under LOYALTY. Confirming again answers the same.',
    args: { input: t.arg({ type: ConfirmArrivalInput, required: true }) },
    resolve: (_, { input }, context) => {
      const gameId = context.ids.key('Game', input.gameId, 'input.gameId');
      return confirmArrival(context, { fanCode: input.fanCode, gameId });
    },
  }),
  checkIn: t.field({
    type: CheckInSuccess,
    errors: {},
    args: { input: t.arg({ type: CheckInInput, required: true }) },
    resolve: (_, { input }, context) => {
      requireFan(context.viewer);
      return checkIn(context, {
        method: input.method,
        nonce: input.nonce,
        gameId: context.ids.key('Game', input.gameId, 'input.gameId'),
        zoneId: context.ids.keyOrNull('Zone', input.zoneId, 'input.zoneId'),
        at: input.at ?? null,
      });
    },
  }),
  checkOut: t.field({
    type: CheckOutSuccess,
    errors: {},
    args: { input: t.arg({ type: CheckOutInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireFan(context.viewer);
      const gameId = context.ids.key('Game', input.gameId, 'input.gameId');
      return { visit: await checkOut(context, { gameId, at: input.at ?? null }) };
    },
  }),
}));
