/**
 * A place in the outbox: transaction id, then row id. Positions are ordered; sealed with the stream's name and the
 * installation's generation they are cursors, which authorise nothing.
 */
import type { Seal } from '../graphql/ids.ts';

export interface Position {
  readonly xid: bigint;
  readonly id: bigint;
}

export const isAfter = (a: Position, b: Position): boolean => a.xid > b.xid || (a.xid === b.xid && a.id > b.id);

export interface OpenedCursor {
  readonly stream: string;
  readonly generation: string;
  readonly position: Position;
}

const KEPT = 1_000;

export class Cursors {
  readonly #seal: Seal;
  readonly #sealed = new Map<string, string>();
  readonly generation: string;

  constructor(seal: Seal, generation: string) {
    this.#seal = seal;
    this.generation = generation;
  }

  /** Sealing costs, and all viewers of an event get the same: the latest are kept. */
  seal(stream: string, { xid, id }: Position): string {
    const plain = `${stream}|${this.generation}|${xid}|${id}`;
    const cursor = this.#sealed.get(plain) ?? this.#seal.seal(plain);
    if (this.#sealed.size >= KEPT) this.#sealed.clear();
    this.#sealed.set(plain, cursor);
    return cursor;
  }

  /** Null for what is no cursor of this installation's key. */
  open(cursor: string): OpenedCursor | null {
    const match = /^([\w:]+)\|([\w-]+)\|(\d+)\|(\d+)$/.exec(this.#seal.open(cursor) ?? '');
    if (!match) return null;
    const [, stream, generation, xid, id] = match as unknown as [string, string, string, string, string];
    return { stream, generation, position: { xid: BigInt(xid), id: BigInt(id) } };
  }
}
