/**
 * A fan as an event tells of them. Elsewhere a fan is looked at as consent stands now; within an event each field needs
 * its scope in the event's own game, and without a gap since the event was captured.
 */
import type { ConsentSubject } from '../consent/index.ts';
import type { Fan } from './fan.entity.ts';

const subjects = new WeakMap<Fan, ConsentSubject>();

/** Marks this object, which is the one event's own. */
export function asCaptured(fan: Fan, subject: ConsentSubject): Fan {
  subjects.set(fan, subject);
  return fan;
}

export const subjectOf = (fan: Fan): ConsentSubject => subjects.get(fan) ?? { fanId: fan.id };
