/**
 * One open stream: a cursor and a wake-up, never a queue. It begins with its position and repeats it every 30 seconds;
 * it resumes from a cursor without loss or repetition while history is kept, and says so when it cannot.
 */
import type { Gap, History, Resumption } from './history.ts';
import type { LiveEvent } from './outbox.ts';
import { isAfter, type Position, readingFrom } from './position.ts';
import type { Topic } from './topic.ts';

export const POSITION_EVERY_MS = 30_000;
const BACKLOG = 200;

export type StreamItem =
  | { readonly kind: 'POSITION'; readonly position: Position }
  | ({ readonly kind: 'GAP'; readonly position: Position } & Gap)
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

export interface LiveStreamOptions {
  readonly history: History;
  readonly name: string;
  readonly topic: Topic;
  readonly start: Resumption;
  /** Every event up to there has been handed to the topic. */
  readonly head: () => Position;
  readonly leave: () => void;
}

export class LiveStream implements AsyncIterableIterator<StreamItem> {
  readonly #history: History;
  readonly #name: string;
  readonly #head: () => Position;
  readonly #leave: () => void;
  readonly topic: Topic;
  /** In the middle of an event, where it was told in part. */
  readonly startedFrom: Position;
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
  /** How many partings of the topic it has looked at. */
  #partings: number;
  #rouse: (() => void) | null = null;
  #woken = false;
  #shared = false;
  #positionDue = false;
  #closed = false;

  constructor({ history, name, topic, start: { from, gap }, head, leave }: LiveStreamOptions) {
    this.#history = history;
    this.#name = name;
    this.topic = topic;
    this.startedFrom = from;
    this.#position = readingFrom(from);
    this.#partings = topic.partings.length;
    this.#head = head;
    this.#leave = leave;
    if (gap) this.#openings.push({ kind: 'GAP', position: from, ...gap });
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
      const item = await this.#nextItem();
      if (this.#closed) break;
      if (item) {
        this.#position = item.position;
        return { done: false, value: item };
      }
      if (this.#woken) continue;
      if (this.#positionDue) {
        this.#positionDue = false;
        // There was nothing for this topic up to there, and what is old is no longer kept.
        const head = this.#head();
        if (isAfter(head, this.#position)) this.#position = head;
        return { done: false, value: { kind: 'POSITION', position: this.#position } };
      }
      // What it has read ahead of its node would be told once more by whoever takes over: that comes, and wakes it.
      if (this.relief && !isAfter(this.#position, this.#head())) {
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

  /** What comes after the position: an event, or that something before it is lost. */
  async #nextItem(): Promise<StreamItem | undefined> {
    const parted = this.#lookAtPartings();
    if (parted) return parted;
    this.#shared = this.#backlog.length === 0 && this.topic.covers(this.#position);
    if (!this.#shared && this.#backlog.length === 0) {
      const { events, horizon } = await this.#history.read(this.#position, BACKLOG, this.#name);
      if (this.#partings < this.topic.partings.length) return this.#nextItem();
      if (this.#position.xid < horizon) {
        return { kind: 'GAP', position: { xid: horizon, id: 0n }, since: this.#position };
      }
      this.#backlog = [...events];
    }
    // Where history is exhausted memory holds everything from there on, though it has not covered this position.
    const event = this.#backlog.shift() ?? this.topic.next(this.#position);
    return event && { kind: 'EVENT', position: event.position, event, shared: this.#shared };
  }

  #lookAtPartings(): StreamItem | undefined {
    const { partings } = this.topic;
    if (this.#partings === partings.length) return undefined;
    const at = partings.slice(this.#partings).find((parting) => isAfter(this.#position, parting));
    this.#partings = partings.length;
    this.#backlog = [];
    return at && { kind: 'GAP', position: at, since: null };
  }
}
