/**
 * The operations of one WebSocket, by the ids that its client gave them. graphql-ws itself knows only the id: when a
 * client gives an operation up and uses its id again before that one has come to its end, both would live on, or the end
 * of the first would end the second. Here the newest with an id wins, from the moment it is asked for: whatever the older
 * one still does is heard by nobody.
 */
import { type ExecutionResult, parse } from 'graphql';

type Outcome = ExecutionResult | AsyncIterableIterator<ExecutionResult>;

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
    const operation = new Operation({
      settled: () => {
        this.#unsettled -= 1;
      },
      ended: () => {
        if (this.#newest.get(id) === operation) this.#newest.delete(id);
      },
      closeNewest: async () => this.#newest.get(id)?.close(),
    });
    this.#newest.set(id, operation);
    return operation;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#newest.values()].map((operation) => operation.close()));
  }
}

interface Reports {
  settled(): void;
  ended(): void;
  closeNewest(): Promise<void>;
}

export class Operation {
  readonly #reports: Reports;
  #stream: AsyncIterableIterator<ExecutionResult> | null = null;
  #superseded = false;
  #closed = false;
  #settled = false;

  constructor(reports: Reports) {
    this.#reports = reports;
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
    this.#reports.ended();
  }

  /** What graphql-ws may go on with. */
  settle(outcome: Outcome): Outcome {
    this.#settle();
    const streams = Symbol.asyncIterator in outcome;
    if (streams) this.#stream = outcome;
    if (streams && this.#closed) void outcome.return?.();
    if (this.#superseded) return this.#guard(() => NEVER);
    if (streams) return this.#guard(() => outcome.next());
    this.#reports.ended();
    return outcome;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#stream?.return?.();
  }

  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#reports.settled();
  }

  /** A stream that falls silent for good once it is superseded; giving it up gives up the newest with its id. */
  #guard(next: () => Promise<IteratorResult<ExecutionResult>>): AsyncIterableIterator<ExecutionResult> {
    const guarded = {
      next: async (): Promise<IteratorResult<ExecutionResult>> => {
        const result = await next().catch((error: unknown) => {
          if (this.#superseded) return NEVER;
          this.#reports.ended();
          throw error;
        });
        if (this.#superseded) return NEVER;
        if (result.done) this.#reports.ended();
        return result;
      },
      return: async (): Promise<IteratorResult<ExecutionResult>> => {
        await this.#reports.closeNewest();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => guarded,
      [Symbol.asyncDispose]: async () => void (await guarded.return()),
    };
    return guarded;
  }
}

const NEVER = new Promise<never>(() => {});

/** Stands for an operation that was superseded before it could be refused. */
export const NOTHING = parse('{ __typename }');
