/**
 * What every stream says besides its events: where it stands, and that something is missing. The root of each stream
 * is an interface with `cursor`; both types here implement it, and what else it declares.
 */
import { countAdmitted } from '../live/admission.ts';
import type { EventGate, StreamEvent } from '../live/stream-event.ts';
import { builder } from './builder.ts';
import { shared } from './shared.ts';

export interface StreamGap extends StreamEvent {
  readonly kind: 'GAP';
  readonly gate: null;
  /** What is known of the events that are missing; null: nothing. */
  readonly findMissed: (() => Promise<readonly EventGate[]>) | null;
}
export interface StreamPosition extends StreamEvent {
  readonly kind: 'POSITION';
  readonly gate: null;
}

export const CURSOR = { description: 'Resumes after this event. It authorises nothing.' } as const;

const StreamGapType = builder.objectRef<StreamGap>('StreamGap');
StreamGapType.implement({
  description: 'What lay between the cursor asked for and this one is no longer kept.',
  // It is only ever told to one viewer: nothing of it is executed for many.
  extensions: shared(),
  fields: (t) => ({
    cursor: t.exposeString('cursor', CURSOR),
    resumeFrom: t.string({ description: 'A cursor.', resolve: ({ cursor }) => cursor }),
    missedAtLeast: t.int({
      nullable: true,
      description:
        'How many of the events that are missing this viewer could see, under consent as it is now, at least: only what is still on record counts. Null where it is not known, as after a restore.',
      resolve: async ({ findMissed }, _, context) => findMissed && countAdmitted(context, await findMissed()),
    }),
  }),
});

const StreamPositionType = builder.objectRef<StreamPosition>('StreamPosition');
StreamPositionType.implement({
  description: 'Where the stream stands: the first thing it says, and again every 30 seconds.',
  extensions: shared(),
  fields: (t) => ({ cursor: t.exposeString('cursor', CURSOR) }),
});

/** The names under which a stream's root resolves them. */
export const MARK_NAMES = { GAP: 'StreamGap', POSITION: 'StreamPosition' } as const;

type Interfaces = Extract<Parameters<(typeof StreamGapType)['addInterfaces']>[0], readonly unknown[]>;

/** Makes gaps and positions part of a stream. */
export function addMarks(root: Interfaces[number]): void {
  for (const mark of [StreamGapType, StreamPositionType]) mark.addInterfaces([root]);
}
