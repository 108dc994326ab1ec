/**
 * One open stream: a cursor and a wake-up, never a queue. It begins with its position and repeats it every 30 seconds;
 * it resumes from a cursor without loss or repetition while history is kept, and says so when it cannot.
 */
import type { MikroORM } from '@mikro-orm/postgresql';
import { type LiveEvent, readOutbox } from './outbox.ts';
import { type Position, readingFrom } from './position.ts';
import type { Topic } from './topic.ts';

export const POSITION_EVERY_MS = 30_000;
const BACKLOG = 200;

export type StreamItem =
  | { readonly kind: 'POSITION'; readonly position: Position }
  | { readonly kind: 'GAP'; readonly position: Position }
  | {
      readonly kind: 'EVENT';
      readonly position: Position;
      readonly event: LiveEvent;
      /** From this node's memory, where its other streams meet the same object. */
      readonly shared: boolean;
    };

/** Who takes over while a stream has nothing to say by itself. */
export interface Relief {
  /** Resolves when the stream has to go on by itself, from wherever it was told to. */
  take(): Promise<void>;
  /** The stream is closed. */
  leave(): void;
}

const DONE = { done: true, value: undefined } as const;

export class LiveStream implements AsyncIterableIterator<StreamItem> {
  readonly #orm: MikroORM;
  readonly #name: string;
  readonly #leave: () => void;
  readonly topic: Topic;
  /** May be set before the first `next`. */
  relief: Relief | null = null;
  #timer: NodeJS.Timeout | undefined;
  readonly #openings: StreamItem[] = [];
  readonly #listener = () => {
    this.#woken = true;
    this.#rouse?.();
  };
  #position: Position;
  #backlog: LiveEvent[] = [];
  #rouse: (() => void) | null = null;
  #woken = false;
  #shared = false;
  #positionDue = false;
  #closed = false;

  constructor(orm: MikroORM, name: string, topic: Topic, from: Position, gap: boolean, leave: () => void) {
    this.#orm = orm;
    this.#name = name;
    this.topic = topic;
    this.#position = readingFrom(from);
    this.#leave = leave;
    if (gap) this.#openings.push({ kind: 'GAP', position: from });
    this.#openings.push({ kind: 'POSITION', position: from });
    this.#attend();
  }

  /** Everything up to here has been told. */
  get position(): Position {
    return this.#position;
  }

  /** Whoever took over has told everything up to here. */
  passed(position: Position): void {
    this.#position = position;
  }

  /** Pending until there is something to say; ends only by `return`. Not to be called again before it resolves. */
  async next(): Promise<IteratorResult<StreamItem>> {
    while (!this.#closed) {
      const opening = this.#openings.shift();
      if (opening) return { done: false, value: opening };
      this.#woken = false;
      const event = await this.#nextEvent();
      if (this.#closed) break;
      if (event) {
        this.#position = event.position;
        return { done: false, value: { kind: 'EVENT', position: event.position, event, shared: this.#shared } };
      }
      if (this.#positionDue) {
        this.#positionDue = false;
        return { done: false, value: { kind: 'POSITION', position: this.#position } };
      }
      if (this.#woken) continue;
      if (this.relief) {
        await this.#relieve(this.relief);
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#rouse = resolve;
      });
      this.#rouse = null;
    }
    return DONE;
  }

  async return(): Promise<IteratorResult<StreamItem>> {
    if (!this.#closed) {
      this.#closed = true;
      this.#rest();
      this.relief?.leave();
      this.#leave();
      this.#rouse?.();
    }
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** While another tells its events it needs neither wake-ups nor a timer. */
  async #relieve(relief: Relief): Promise<void> {
    const taken = relief.take();
    this.#rest();
    await taken;
    if (!this.#closed) this.#attend();
  }

  #attend(): void {
    this.topic.listeners.add(this.#listener);
    this.#timer = setInterval(() => {
      this.#positionDue = true;
      this.#listener();
    }, POSITION_EVERY_MS);
    this.#timer.unref();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.topic.listeners.delete(this.#listener);
  }

  async #nextEvent(): Promise<LiveEvent | undefined> {
    this.#shared = this.#backlog.length === 0 && this.topic.covers(this.#position);
    if (this.#shared) return this.topic.next(this.#position);
    if (this.#backlog.length === 0) {
      this.#backlog = await readOutbox(this.#orm.em.fork(), this.#position, BACKLOG, this.#name);
    }
    // History is exhausted: from here on memory holds everything, though it has not covered this position.
    return this.#backlog.shift() ?? this.topic.next(this.#position);
  }
}
