/** The ledger of points as its fan reads it. */
import { builder } from '../graphql/builder.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { LOT_STATES } from './lots.ts';
import {
  type POINTS_KINDS,
  POINTS_SOURCES,
  type PointsEntry,
  PointsEntry as PointsEntryEntity,
} from './points.entity.ts';

const PointsKindEnum = builder.enumType('PointsEntryKind', {
  values: {
    EARNED: {},
    HELD: { description: 'Set aside for a reward that was issued.' },
    RELEASED: { description: 'No longer set aside.' },
    SPENT: {},
    RESTORED: { description: 'Given back, for a reward that was returned.' },
    REVERSED: { description: 'Taken back, for what earned them was undone.' },
    OWED: { description: 'To be taken back, and spent already.' },
    SETTLED: { description: 'What was owed, paid out of what was earned.' },
    WAIVED: { description: 'Not taken back.' },
  } satisfies Record<(typeof POINTS_KINDS)[number], object>,
});
const PointsStateEnum = builder.enumType('PointsState', { values: LOT_STATES });
const PointsSourceEnum = builder.enumType('PointsSource', { values: POINTS_SOURCES });

export const PointsEntryType = builder.objectRef<PointsEntry>('PointsEntry');
builder.subjectType(PointsEntryType, {
  description: 'One entry of a ledger that is only ever added to.',
  subject: ({ fanId }) => ({ fanId }),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ consent: null, resolve: ({ id }, _, { ids }) => ids.toGlobal('PointsEntry', id) }),
    kind: t.expose('kind', { type: PointsKindEnum, consent: null }),
    points: t.exposeInt('points', { consent: null }),
    balance: t.exposeInt('balance', {
      consent: null,
      description: 'The sum of all entries so far: pending points and expired ones among them.',
    }),
    source: t.expose('source', { type: PointsSourceEnum, consent: null }),
    at: t.expose('at', { type: 'DateTime', consent: null }),
    confirmedAt: t.expose('confirmedAt', {
      type: 'DateTime',
      nullable: true,
      consent: null,
      description: 'Of what was earned: until then it is pending.',
    }),
    lifeDays: t.exposeInt('lifeDays', {
      nullable: true,
      consent: null,
      description: 'Of what was earned: how many days of consent to LOYALTY it lives. Null: for ever.',
    }),
    state: t.field({
      type: PointsStateEnum,
      nullable: true,
      consent: null,
      description: 'Of what was earned, as it is now.',
      resolve: async (entry, _, { readers }) => (await readers.lot.load(entry))?.state,
    }),
    pointsLeft: t.int({
      nullable: true,
      consent: null,
      description: 'Of what was earned: how many are neither set aside, spent nor taken back.',
      resolve: async (entry, _, { readers }) => (await readers.lot.load(entry))?.pointsLeft,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      consent: null,
      description:
        'Of what was earned: when what is left of it expires. Without consent to LOYALTY its days stand still. Null: never, or it has.',
      resolve: async (entry, _, { readers }) => (await readers.lot.load(entry))?.expiresAt,
    }),
  }),
});
registerNode('PointsEntry', {
  load: ({ em }, key) => em.findOne(PointsEntryEntity, { id: key }),
  gate: async ({ fanId }) => ({ subject: { fanId }, anyOf: ['LOYALTY'] }),
});
