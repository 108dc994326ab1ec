/** A benchmark: `say` is for people; what it returns is for programs, and must be JSON. */
export type Benchmark = (say: (line: string) => void, options: Options) => Promise<Record<string, unknown>>;

/** What makes a run shorter or longer than the one in the tables; what is absent is the benchmark's own choice. */
export interface Options {
  readonly sockets?: number;
  readonly rounds?: number;
  readonly events?: number;
  readonly fans?: number;
  readonly seconds?: number;
  /** Whom to measure beside ourselves, by name. */
  readonly peers?: readonly string[];
  /** Print where the time goes. */
  readonly profile?: boolean;
}
