/** A benchmark: `say` is for people; what it returns is for programs, and must be JSON. */
export type Benchmark = (say: (line: string) => void) => Promise<Record<string, unknown>>;
