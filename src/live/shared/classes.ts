/**
 * The classes of one batch, and who is told what: a member's way through the batch is the row of its classes, and all
 * whose ways are the same are sent the same bytes.
 */
import type { Whereabouts } from './audience.ts';
import type { DocumentClass } from './document-class.ts';
import { Frames } from './frames.ts';

export interface EventClass {
  readonly document: DocumentClass;
  /** The event's place in the batch. */
  readonly place: number;
  readonly held: number;
  readonly presence: Whereabouts | null;
  /** What follows the id in the message; undefined until it is executed, and null where it has no answer to share. */
  tail: Buffer | null | undefined;
}

/** A way through the batch, up to some event. */
export class Way {
  readonly #further = new Map<EventClass, Way>();
  readonly #classes: readonly EventClass[];
  #frames: Frames | null = null;

  constructor(classes: readonly EventClass[] = []) {
    this.#classes = classes;
  }

  get isEmpty(): boolean {
    return this.#classes.length === 0;
  }

  with(next: EventClass): Way {
    let way = this.#further.get(next);
    if (!way) {
      way = new Way([...this.#classes, next]);
      this.#further.set(next, way);
    }
    return way;
  }

  /** The bytes of all of it; null where a part of it has no answer to share. */
  frames(): Frames | null {
    if (this.#frames) return this.#frames;
    const tails = this.#classes.map(({ tail }) => tail ?? null);
    if (tails.includes(null)) return null;
    this.#frames = new Frames(tails as Buffer[]);
    return this.#frames;
  }
}

const NOWHERE = 'nowhere';
const SOMEWHERE = 'somewhere';

export class Classes {
  /** Where every member's way begins. */
  readonly start = new Way();
  readonly #unexecuted: EventClass[] = [];
  /** By event, document, what is held, and where. */
  readonly #known = new Map<number, Map<DocumentClass, Map<number, Map<string, EventClass>>>>();

  find(document: DocumentClass, place: number, held: number, presence: Whereabouts | null): EventClass {
    const alike = entry(entry(entry(this.#known, place), document), held);
    const where = presence ? (presence.zone_id ?? SOMEWHERE) : NOWHERE;
    let found = alike.get(where);
    if (!found) {
      found = { document, place, held, presence, tail: undefined };
      alike.set(where, found);
      this.#unexecuted.push(found);
    }
    return found;
  }

  /** Those that have been found and not executed yet. */
  unexecuted(): readonly EventClass[] {
    return this.#unexecuted.filter(({ tail }) => tail === undefined);
  }
}

function entry<Key, Inner extends Map<unknown, unknown>>(map: Map<Key, Inner>, key: Key): Inner {
  let found = map.get(key);
  if (!found) {
    found = new Map() as Inner;
    map.set(key, found);
  }
  return found;
}
