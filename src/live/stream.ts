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

const DONE = { done: true, value: undefined } as const;

/** The node that it is a stream of. */
export interface Source {
  readonly history: History;
  /** Every event up to there has been handed to its topic. */
  head(): Position;
  left(stream: LiveStream): void;
}

export class LiveStream implements AsyncIterableIterator<StreamItem> {
  readonly #source: Source;
  readonly name: string;
  readonly topic: Topic;
  /** In the middle of an event, where it was told in part. */
  readonly startedFrom: Position;
  #timer: NodeJS.Timeout | undefined;
  readonly #openings: StreamItem[];
  #position: Position;
  #backlog: LiveEvent[] = [];
  /** How many partings of the topic it has looked at. */
  #partings: number;
  #rouse: (() => void) | null = null;
  #woken = false;
  #shared = false;
  #positionDue = false;
  #closed = false;

  constructor(source: Source, name: string, topic: Topic, { from, gap }: Resumption) {
    this.#source = source;
    this.name = name;
    this.topic = topic;
    this.startedFrom = from;
    this.#position = readingFrom(from);
    this.#partings = topic.partings.length;
    this.#openings = [{ kind: 'POSITION', position: from }];
    if (gap) this.#openings.unshift({ kind: 'GAP', position: from, ...gap });
    this.#attend();
  }

  /** Everything up to here has been told. */
  get position(): Position {
    return this.#position;
  }

  /** Pending until there is something to say; ends only by `return`. Not to be called again before it resolves. */
  async next(): Promise<IteratorResult<StreamItem>> {
    while (!this.#closed) {
      const item = await this.poll();
      if (item) return { done: false, value: item };
      await this.whenWoken();
    }
    return DONE;
  }

  /** The same, without waiting: null where there is nothing to say for now. */
  async poll(): Promise<StreamItem | null> {
    const opening = this.#openings.shift();
    if (opening) return opening;
    do {
      this.#woken = false;
      const item = await this.#nextItem();
      if (this.#closed) return null;
      if (item) {
        this.#position = item.position;
        return item;
      }
    } while (this.#woken);
    if (!this.#positionDue) return null;
    this.#positionDue = false;
    // There was nothing for this topic up to there, and what is old is no longer kept.
    const head = this.#source.head();
    if (isAfter(head, this.#position)) this.#position = head;
    return { kind: 'POSITION', position: this.#position };
  }

  /** Resolves when it is worth polling again, or it is closed. */
  async whenWoken(): Promise<void> {
    if (this.#woken || this.#closed) return;
    await new Promise<void>((resolve) => {
      this.#rouse = resolve;
    });
    this.#rouse = null;
  }

  /**
   * Whether in this tick another may take over what its topic tells: it has said what it alone had to say, and memory
   * holds what comes next. What it has read ahead of its node would be told once more: that comes, and wakes it.
   */
  get relievable(): boolean {
    if (this.#openings.length + this.#backlog.length > 0) return false;
    if (this.#partings !== this.topic.partings.length) return false;
    return this.topic.covers(this.#position) && !isAfter(this.#position, this.#source.head());
  }

  /** Makes it so, where memory has only to reach further back. */
  async becomeRelievable(): Promise<void> {
    if (this.#openings.length + this.#backlog.length > 0) return;
    await this.topic.reachBack(this.#position, this.#source.history, this.name);
  }

  /** While another tells its events it needs neither wake-ups nor a timer. */
  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.topic.listeners.delete(this);
  }

  /** Whoever took over has told everything up to here. */
  goOn(position: Position): void {
    this.#position = position;
    this.#attend();
  }

  wake(): void {
    this.#woken = true;
    this.#rouse?.();
  }

  async return(): Promise<IteratorResult<StreamItem>> {
    if (!this.#closed) {
      this.#closed = true;
      this.rest();
      this.#source.left(this);
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

  #attend(): void {
    this.topic.listeners.add(this);
    this.#timer = setInterval(() => {
      this.#positionDue = true;
      this.wake();
    }, POSITION_EVERY_MS);
    this.#timer.unref();
  }

  /** What comes after the position: an event, or that something before it is lost. */
  async #nextItem(): Promise<StreamItem | undefined> {
    const parted = this.#lookAtPartings();
    if (parted) return parted;
    this.#shared = this.#backlog.length === 0 && this.topic.covers(this.#position);
    if (!this.#shared && this.#backlog.length === 0) {
      const { events, horizon } = await this.#source.history.read(this.#position, BACKLOG, this.name);
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
