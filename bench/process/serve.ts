/** The child's side: answers its parent's commands until it is told to stop, or the parent is gone. */
import type { Answer, Request, Usage } from './child.ts';

// biome-ignore lint/suspicious/noExplicitAny: a command's input has the shape that its caller gives it
type Handler = (input: any) => unknown;

/** `stop`, if there is one, runs before the process ends. */
export function serveParent(handlers: Readonly<Record<string, Handler>>): void {
  const all: Record<string, Handler> = {
    ...handlers,
    usage: ({ tidy }: { tidy: boolean }) => usage(tidy),
  };
  process.on('message', async ({ id, command, input }: Request) => {
    const answer = await answerTo(all[command], input);
    process.send?.({ id, ...answer } satisfies Answer, () => command === 'stop' && process.exit());
  });
  process.once('disconnect', () => process.exit());
}

async function answerTo(handler: Handler | undefined, input: unknown): Promise<Omit<Answer, 'id'>> {
  try {
    return { result: await handler?.(input) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function usage(tidy: boolean): Promise<Usage> {
  if (tidy) {
    // What finalizers let go in the first pass is collected in the next.
    for (let pass = 0; pass < 3; pass += 1) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { cpuMs: (user + system) / 1_000, rssBytes: rss, heapBytes: heapUsed, externalBytes: external };
}

/** Milliseconds on the machine's monotonic clock, the same in every process. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
