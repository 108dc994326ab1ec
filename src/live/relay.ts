/**
 * Reads the outbox and hands each event to its topic. It is woken by the bus, and looks by itself once a second, so
 * that a lost wake-up costs a second at most.
 */
import type { MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { type LiveEvent, readHead, readOutbox } from './outbox.ts';
import type { Position } from './position.ts';

const POLL_MS = 1_000;
const BATCH = 500;
/** After a wake-up the commit may hide behind an older transaction for a moment. */
const EAGER_MS = [0, 2, 5, 10, 20, 50, 100, 250];

export class Relay {
  readonly #orm: MikroORM;
  readonly #log: Logger;
  readonly #publish: (events: readonly LiveEvent[]) => void;
  #head: Position = { xid: 0n, id: 0n };
  #attempt = EAGER_MS.length;
  #rouse: () => void = () => {};
  #closed = false;
  #running: Promise<void> = Promise.resolve();

  constructor(orm: MikroORM, log: Logger, publish: (events: readonly LiveEvent[]) => void) {
    this.#orm = orm;
    this.#log = log;
    this.#publish = publish;
  }

  /** Every event up to here has been handed out. */
  get head(): Position {
    return this.#head;
  }

  async start(): Promise<void> {
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

  async #read(): Promise<number> {
    const events = await readOutbox(this.#orm.em.fork(), this.#head, BATCH);
    if (events.length > 0) {
      this.#head = events.at(-1)!.position;
      this.#publish(events);
    }
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
