/**
 * A process of its own for each part of a benchmark, so that none pays for another and each one's CPU time can be told.
 * Parent and child speak over Node's channel: a command with its input, and its answer. The child ends with its parent.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What every child tells of itself; `tidy` collects garbage first. CPU time is user and system together. */
export interface Usage {
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Outside the heap: buffers. */
  readonly externalBytes: number;
}

export interface Request {
  readonly id: number;
  readonly command: string;
  readonly input: unknown;
}
export type Answer = { readonly id: number; readonly result?: unknown; readonly error?: string };

export class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #asked = 0;

  constructor(module: URL, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
    this.#process = fork(module, args, {
      execArgv: ['--expose-gc', '--max-old-space-size=8192'],
      env: { ...process.env, ...env },
      serialization: 'advanced',
    });
    this.#process.on('message', ({ id, result, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    this.#process.once('exit', (code, signal) => {
      const ended = new Error(`The process of ${[module.pathname, ...args].join(' ')} ended (${signal ?? code}).`);
      for (const waiting of this.#waiting.values()) waiting.reject(ended);
    });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the command's answer has the shape that its handler gives it
  ask<Result = any>(command: string, input: unknown = {}): Promise<Result> {
    const waiting = Promise.withResolvers<unknown>();
    const request: Request = { id: ++this.#asked, command, input };
    this.#waiting.set(request.id, waiting);
    this.#process.send(request, (error) => error && waiting.reject(error));
    return waiting.promise as Promise<Result>;
  }

  usage(tidy = false): Promise<Usage> {
    return this.ask<Usage>('usage', { tidy });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.ask('stop').catch(() => {});
    await ended;
  }
}
