/**
 * The operations of one WebSocket, by the ids that its client gave them. graphql-ws itself knows only the id: when a
 * client gives an operation up and uses its id again before that one has come to its end, both would live on, or the end
 * of the first would end the second. Here the newest with an id wins, from the moment it is asked for: whatever the older
 * one still does is heard by nobody.
 */
import { type ExecutionResult, parse } from 'graphql';

type Results = AsyncIterableIterator<ExecutionResult>;
type Outcome = ExecutionResult | Results;

export class SocketOperations {
  readonly #limit: number;
  readonly #newest = new Map<string, Operation>();
  #unsettled = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** To be called in the tick in which it is asked for. Null: too many are under way. */
  begin(id: string): Operation | null {
    const older = this.#newest.get(id);
    older?.supersede();
    if ((!older && this.#newest.size >= this.#limit) || this.#unsettled >= this.#limit) return null;
    this.#unsettled += 1;
    const operation = new Operation(this, id);
    this.#newest.set(id, operation);
    return operation;
  }

  settled(): void {
    this.#unsettled -= 1;
  }

  ended(operation: Operation): void {
    if (this.#newest.get(operation.id) === operation) this.#newest.delete(operation.id);
  }

  async closeNewest(id: string): Promise<void> {
    await this.#newest.get(id)?.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#newest.values()].map((operation) => operation.close()));
  }
}

/**
 * One of them, and where it is a stream what graphql-ws reads of it: silent for good once it is superseded. Giving it up
 * gives up the newest with its id.
 */
export class Operation implements Results {
  readonly #operations: SocketOperations;
  readonly id: string;
  #work: (() => Promise<Outcome>) | null = null;
  #stream: Results | null = null;
  #superseded = false;
  #closed = false;
  #settled = false;

  constructor(operations: SocketOperations, id: string) {
    this.#operations = operations;
    this.id = id;
  }

  get superseded(): boolean {
    return this.#superseded;
  }

  supersede(): void {
    this.#superseded = true;
    void this.close();
  }

  /** It was refused before it ran. */
  refused(): void {
    this.#settle();
    this.#operations.ended(this);
  }

  /** What it does when it is started, once. It is let go of then, with all that it knows. */
  prepare(work: () => Promise<Outcome>): this {
    this.#work = work;
    return this;
  }

  /** What graphql-ws may go on with. */
  async start(): Promise<Outcome> {
    const work = this.#work!;
    this.#work = null;
    const outcome = await work();
    this.#settle();
    const streams = Symbol.asyncIterator in outcome;
    if (streams) this.#stream = outcome;
    if (streams && this.#closed) void outcome.return?.();
    if (streams || this.#superseded) return this;
    this.#operations.ended(this);
    return outcome;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#stream?.return?.();
  }

  next(): Promise<IteratorResult<ExecutionResult>> {
    if (this.#superseded) return NEVER;
    return this.#stream!.next().then(
      (result) => this.#heard(result),
      (error: unknown) => this.#failed(error),
    );
  }

  async return(): Promise<IteratorResult<ExecutionResult>> {
    await this.#operations.closeNewest(this.id);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #heard(result: IteratorResult<ExecutionResult>): Promise<never> | IteratorResult<ExecutionResult> {
    if (this.#superseded) return NEVER;
    if (result.done) this.#operations.ended(this);
    return result;
  }

  #failed(error: unknown): Promise<never> {
    if (this.#superseded) return NEVER;
    this.#operations.ended(this);
    throw error;
  }

  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#operations.settled();
  }
}

const NEVER = new Promise<never>(() => {});

/** Stands for an operation that was superseded before it could be refused. */
export const NOTHING = parse('{ __typename }');

/**
 * A stream on its way through the pipeline to its socket, as no stream to look at: the pipeline would wrap it, and hold
 * on to the context in which it was opened for as long as it is open.
 */
export class SocketStream {
  readonly results: Results;

  constructor(results: Results) {
    this.results = results;
  }
}
