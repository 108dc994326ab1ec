/**
 * What this database can vouch for. History is a row of generations: one for each run of PostgreSQL, each up to the first
 * transaction of the next. A cursor is good where its generation is known and it lies within: a restore brings back an
 * earlier state and begins another generation there, so that whatever was told of the lost one lies beyond, or is of a
 * generation that nobody knows. That is said by a gap, as is what is no longer kept (ADR 15).
 */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { type Reading, readOutbox } from './outbox.ts';
import { type Cursors, type Generation, isAfter, type OpenedCursor, type Position } from './position.ts';

export interface Gap {
  /** What was asked for; null where it is of another history, and nothing can be said of what lay between. */
  readonly since: Position | null;
}

export interface Resumption {
  readonly from: Position;
  readonly gap: Gap | null;
}

interface Row {
  id: string;
  first_xid: string;
  horizon: string;
  next_xid: string;
}

export class History {
  readonly #orm: MikroORM;
  readonly #cursors: Cursors;
  #current = '';

  constructor(orm: MikroORM, cursors: Cursors) {
    this.#orm = orm;
    this.#cursors = cursors;
  }

  /** Of what is written now, as far as this node knows. */
  get current(): string {
    return this.#current;
  }

  /** What has been written after a position. @throws HistoryChanged before this node has entered the generation of what is written now. */
  async read(after: Position, limit: number, topic: string | null = null): Promise<Reading> {
    const reading = await readOutbox(this.#orm.em.fork(), after, limit, topic);
    if (reading.generation !== this.#current) throw new HistoryChanged();
    return reading;
  }

  /** Enters the generation of what is written now, beginning it where nobody has: whither it leads from a place in the last. */
  async enter(position: Position): Promise<Resumption> {
    const known = await this.#load();
    const resumption = known.resume(this.#current, position);
    this.#current = known.generations.at(-1)!.id;
    this.#cursors.enter(known.generations);
    return resumption;
  }

  /** Where whoever had come to this place goes on. @throws HistoryChanged, as `read` does. */
  async resume({ generation, position }: Pick<OpenedCursor, 'generation' | 'position'>): Promise<Resumption> {
    const known = await this.#load();
    if (known.generations.at(-1)!.id !== this.#current) throw new HistoryChanged();
    return known.resume(generation, position);
  }

  async #load(): Promise<Known> {
    const rows = await this.#orm.em.fork().execute<Row[]>(sql`select * from outbox_generations()`);
    return new Known(rows);
  }
}

/** The generations as they stood at one moment. */
class Known {
  readonly generations: readonly Generation[];
  readonly #horizon: bigint;
  readonly #end: bigint;

  constructor(rows: readonly Row[]) {
    this.generations = rows.map(({ id, first_xid }) => ({ id, first: BigInt(first_xid) }));
    this.#horizon = BigInt(rows[0]!.horizon);
    this.#end = BigInt(rows[0]!.next_xid);
  }

  resume(generation: string, position: Position): Resumption {
    const place = this.generations.findIndex(({ id }) => id === generation);
    if (place < 0) return this.#partedAt(this.generations.at(-1)!);
    const next = this.generations[place + 1];
    if (next && isAfter(position, { xid: next.first, id: 0n })) return this.#partedAt(next);
    if (position.xid > this.#end) return this.#partedAt(this.generations.at(-1)!);
    if (position.xid >= this.#horizon) return { from: position, gap: null };
    return { from: { xid: this.#horizon, id: 0n }, gap: { since: position } };
  }

  /** What was written from there on, nobody who comes from another history has heard of. */
  #partedAt({ first }: Generation): Resumption {
    return { from: { xid: first > this.#horizon ? first : this.#horizon, id: 0n }, gap: { since: null } };
  }
}

/** What was read is not of the history that this node knows. */
export class HistoryChanged extends Error {}
