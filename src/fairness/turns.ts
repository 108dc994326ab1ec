/**
 * How many operations of one caller run at once on this node. The others wait, first come first served among that
 * caller's own, so that they keep nobody else from the database.
 */
interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

export class Turns {
  readonly #limit: number;
  readonly #lines = new Map<string, Line>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  async take<T>(key: string, work: () => T | Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { running: 0, waiting: [] };
    this.#lines.set(key, line);
    if (line.running < this.#limit) line.running += 1;
    else await new Promise<void>((go) => line.waiting.push(go));
    try {
      return await work();
    } finally {
      const next = line.waiting.shift();
      if (next) next();
      else line.running -= 1;
      if (line.running === 0) this.#lines.delete(key);
    }
  }
}
