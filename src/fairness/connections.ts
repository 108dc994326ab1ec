/** How many sockets and event streams one caller may hold open on this node. What has closed is not counted. */
import type { EventEmitter } from 'node:events';
import type { Caller } from './caller.ts';

export class Connections {
  readonly #limit: number;
  readonly #open = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False: it is one too many. Otherwise it counts until it says `close`, which it must not have said yet. */
  admit({ key }: Caller, connection: EventEmitter): boolean {
    const open = this.#open.get(key) ?? 0;
    if (open >= this.#limit) return false;
    this.#open.set(key, open + 1);
    connection.once('close', () => {
      const left = this.#open.get(key)! - 1;
      if (left > 0) this.#open.set(key, left);
      else this.#open.delete(key);
    });
    return true;
  }
}
