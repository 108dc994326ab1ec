/**
 * The context in which an event is executed once for a whole class of fans. It knows what they have in common and nobody
 * in particular: whatever asks it for a viewer, a fan or anything else that was not declared is stopped, and the
 * operation is executed for each viewer by itself.
 */
import { bitsOf, type ConsentScope, type ConsentSubject } from '../../consent/index.ts';
import type { Context, Services } from '../../context.ts';
import type { Loaders } from '../../loaders.ts';

/** What all fans of one class have in common. */
export interface ConsentClass {
  /** The scopes that may be asked for. */
  readonly scopes: readonly ConsentScope[];
  /** Which of them are in force and were when the event was captured, as bits. */
  readonly held: number;
  /** Where in the venue they are; null: nowhere, or nothing that may be known. */
  readonly presence: { readonly zone_id: string | null } | null;
}

/** Something was asked for that a class does not know. */
export class NotSharedError extends Error {
  constructor(what: string) {
    super(`A class knows no ${what}: the field that asks for it is declared as shared and is not.`);
    this.name = 'NotSharedError';
  }
}

/** Stands for any fan of a class, as the subject of an event. */
export const ANY_OF_THEM: ConsentSubject = Object.freeze({
  get fanId(): string {
    throw new NotSharedError('fan');
  },
});

/** `loaders` holds public facts only, so classes of one event may share it. */
export function createClassContext(services: Services, loaders: Loaders, common: ConsentClass): Context {
  const known = bitsOf(common.scopes);
  const pure = {
    loaders,
    ids: services.idsFor(null),
    consent: {
      shows: async (subject: ConsentSubject | null, scope: ConsentScope) => {
        const bit = bitsOf([scope]);
        if (subject !== ANY_OF_THEM || (known & bit) === 0)
          throw new NotSharedError(`consent to ${scope} of this subject`);
        return (common.held & bit) !== 0;
      },
    },
    presence: async (_: string, subject: ConsentSubject) => {
      if (subject !== ANY_OF_THEM) throw new NotSharedError('presence of this subject');
      return common.presence;
    },
  };
  return new Proxy(pure, {
    get(target, key) {
      if (key in target) return target[key as keyof typeof target];
      if (typeof key === 'symbol') return undefined;
      throw new NotSharedError(key);
    },
  }) as unknown as Context;
}
