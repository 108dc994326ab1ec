/**
 * A place in the outbox: transaction id, then row id. Positions are ordered; sealed with the stream's name and the
 * installation's generation they are cursors, which authorise nothing. An event that is told in parts has places
 * within, so that a client may resume in the middle of it.
 */
import type { Seal } from '../graphql/ids.ts';

export interface Position {
  readonly xid: bigint;
  readonly id: bigint;
  /** The last part that was told, where there may be more of the event; without it the event has passed whole. */
  readonly within?: bigint;
}

/** Where a stream that has come this far goes on reading: an event that was told in part is read again. */
export const readingFrom = ({ xid, id, within }: Position): Position =>
  within === undefined ? { xid, id } : { xid, id: id - 1n };

export const isAfter = (a: Position, b: Position): boolean => a.xid > b.xid || (a.xid === b.xid && a.id > b.id);

/** A stretch of history: it ends where the next one begins. */
export interface Generation {
  readonly id: string;
  /** The first transaction that may belong to it. */
  readonly first: bigint;
}

export interface OpenedCursor {
  readonly stream: string;
  readonly generation: string;
  readonly position: Position;
}

const KEPT = 1_000;

export class Cursors {
  readonly #seal: Seal;
  readonly #sealed = new Map<string, string>();
  #generations: readonly Generation[] = [];

  constructor(seal: Seal) {
    this.#seal = seal;
  }

  /** Of which the positions are, the oldest first. */
  enter(generations: readonly Generation[]): void {
    this.#generations = generations;
  }

  /** Sealing costs, and all viewers of an event get the same: the latest are kept. */
  seal(stream: string, { xid, id, within }: Position): string {
    const { id: generation } = this.#generations.findLast(({ first }) => first <= xid) ?? this.#generations[0]!;
    const plain = `${stream}|${generation}|${xid}|${id}`;
    if (within !== undefined) return this.#seal.seal(`${plain}|${within}`);
    const cursor = this.#sealed.get(plain) ?? this.#seal.seal(plain);
    if (this.#sealed.size >= KEPT) this.#sealed.clear();
    this.#sealed.set(plain, cursor);
    return cursor;
  }

  /** Null for what is no cursor of this installation's key. */
  open(cursor: string): OpenedCursor | null {
    const match = /^([\w:]+)\|([\w-]+)\|(\d+)\|(\d+)(?:\|(\d+))?$/.exec(this.#seal.open(cursor) ?? '');
    if (!match) return null;
    const [, stream, generation, xid, id, within] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
      string?,
    ];
    const position = { xid: BigInt(xid), id: BigInt(id), ...(within ? { within: BigInt(within) } : {}) };
    return { stream, generation, position };
  }
}
