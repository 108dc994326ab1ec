/** Work that is due every hour, such as deleting what has been kept long enough. What fails is due again in an hour. */
import type { Logger } from 'pino';

const EVERY_MS = 3_600_000;

/** `what` says in the log what failed. Returns what stops it. */
export function everyHour(log: Logger, what: string, work: () => Promise<void>): () => void {
  const timer = setInterval(() => void work().catch((error) => log.warn({ err: error }, `${what} failed`)), EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
