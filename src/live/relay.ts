/**
 * Reads the outbox and hands each event to its topic. It is woken by the bus, and looks by itself once a second, so
 * that a lost wake-up costs a second at most.
 */
import type { MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { type History, HistoryChanged } from './history.ts';
import { type LiveEvent, readHead } from './outbox.ts';
import { isAfter, type Position } from './position.ts';

const POLL_MS = 1_000;
const BATCH = 500;
/** After a wake-up the commit may hide behind an older transaction for a moment. */
const EAGER_MS = [0, 2, 5, 10, 20, 50, 100, 250];

export interface Outlets {
  publish(events: readonly LiveEvent[]): void;
  /** What was handed out beyond this place is of a history that is no more, or something before it is lost. */
  part(at: Position): void;
}

export class Relay {
  readonly #orm: MikroORM;
  readonly #history: History;
  readonly #log: Logger;
  readonly #outlets: Outlets;
  #head: Position = { xid: 0n, id: 0n };
  #attempt = EAGER_MS.length;
  #rouse: () => void = () => {};
  #closed = false;
  #running: Promise<void> = Promise.resolve();
  #following: Promise<void> | null = null;

  constructor(orm: MikroORM, history: History, log: Logger, outlets: Outlets) {
    this.#orm = orm;
    this.#history = history;
    this.#log = log;
    this.#outlets = outlets;
  }

  /** Every event up to here has been handed out. */
  get head(): Position {
    return this.#head;
  }

  async start(): Promise<void> {
    await this.#history.enter(this.#head);
    this.#head = await readHead(this.#orm.em.fork());
    this.#running = this.#run();
  }

  wake(): void {
    this.#attempt = 0;
    this.#rouse();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#rouse();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      await this.#pause(EAGER_MS[this.#attempt] ?? POLL_MS);
      if (this.#closed) return;
      this.#attempt += 1;
      try {
        while ((await this.#read()) === BATCH);
      } catch (error) {
        this.#log.warn({ err: error }, 'the relay cannot read the outbox');
      }
    }
  }

  /** After a start of PostgreSQL, or a restore: enters the generation that began then. */
  follow(): Promise<void> {
    this.#following ??= this.#follow().finally(() => {
      this.#following = null;
    });
    return this.#following;
  }

  async #follow(): Promise<void> {
    const { from, gap } = await this.#history.enter(this.#head);
    if (gap) this.#part(from);
  }

  #part(at: Position): void {
    this.#log.warn('history has parted: streams go on from where they can, and say so');
    this.#head = at;
    this.#outlets.part(at);
  }

  async #read(): Promise<number> {
    const from = this.#head;
    const reading = await this.#history.read(from, BATCH).catch((error) => {
      if (error instanceof HistoryChanged) return null;
      throw error;
    });
    if (!reading) {
      await this.follow();
      return this.#read();
    }
    // Another has led it elsewhere meanwhile.
    if (this.#head !== from) return BATCH;
    const { events, horizon, end } = reading;
    if (from.xid < horizon) {
      this.#part({ xid: horizon, id: 0n });
      return BATCH;
    }
    const all: Position = { xid: end, id: 0n };
    if (events.length > 0) this.#head = events.at(-1)!.position;
    if (events.length < BATCH && isAfter(all, this.#head)) this.#head = all;
    if (events.length > 0) this.#outlets.publish(events);
    return events.length;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
