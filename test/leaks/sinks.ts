/** Where values may seep to beside answers: the log as it is written, whatever goes to the console, and /metrics. */
import type { DestinationStream } from 'pino';
import { type Canary, holds, leavesOf } from './canaries.ts';

export class CapturedLog implements DestinationStream {
  #lines: string[] = [];
  readonly #restore: () => void;

  constructor() {
    const originals = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => {
      const original = console[name];
      console[name] = (...args: unknown[]) => {
        this.write(JSON.stringify(args.map(String)));
        original(...args);
      };
      return () => {
        console[name] = original;
      };
    });
    this.#restore = () => {
      for (const restore of originals) restore();
    };
  }

  write(line: string): void {
    this.#lines.push(line);
  }

  get length(): number {
    return this.#lines.length;
  }

  /** What in the log since `from` tells of the fan. */
  leaks(canaries: readonly Canary[], from: number): string[] {
    return this.#lines
      .slice(from)
      .flatMap((line) =>
        [...leavesOf(JSON.parse(line))].flatMap(([path, value]) =>
          canaries
            .filter((canary) => holds(value, canary))
            .map(({ origin }) => `${origin} in the log at ${path}: ${line}`),
        ),
      );
  }

  release(): void {
    this.#restore();
  }
}

/** Numbers are measurements here; a canary that is one could only be a label, in quotes. */
export async function leaksInMetrics(graphqlUrl: string, canaries: readonly Canary[]): Promise<string[]> {
  const text = await (await fetch(new URL('/metrics', graphqlUrl))).text();
  return canaries
    .filter(({ value }) => text.includes(typeof value === 'string' ? value : `"${value}"`))
    .map(({ origin }) => `${origin} in /metrics`);
}
