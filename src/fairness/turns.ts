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

  /** At once where it is its turn and the work takes no time. */
  take<T>(key: string, work: () => T | Promise<T>): T | Promise<T> {
    const line = this.#lineOf(key);
    if (line.running >= this.#limit) {
      return new Promise<void>((go) => line.waiting.push(go)).then(() => this.#run(key, line, work));
    }
    line.running += 1;
    return this.#run(key, line, work);
  }

  #lineOf(key: string): Line {
    let line = this.#lines.get(key);
    if (!line) {
      line = { running: 0, waiting: [] };
      this.#lines.set(key, line);
    }
    return line;
  }

  #run<T>(key: string, line: Line, work: () => T | Promise<T>): T | Promise<T> {
    const over = () => this.#over(key, line);
    let result: T | Promise<T>;
    try {
      result = work();
    } catch (error) {
      over();
      throw error;
    }
    if (isPromiseLike(result)) return Promise.resolve(result).finally(over);
    over();
    return result;
  }

  /** The next one takes the turn over. */
  #over(key: string, line: Line): void {
    const next = line.waiting.shift();
    if (next) next();
    else line.running -= 1;
    if (line.running === 0) this.#lines.delete(key);
  }
}

const isPromiseLike = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof (value as PromiseLike<T> | null | undefined)?.then === 'function';
