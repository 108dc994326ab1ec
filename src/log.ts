/** The log: JSON lines on standard error, or nothing personal. An error is its kind, code and stack; never its details, in which a database names values. */
import { type DestinationStream, type Logger, pino } from 'pino';

/** A test reads along by a destination of its own. */
export function createLog(
  level: string,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: {
        err: (error: unknown) => {
          const { name, code, message, stack } = error as Error & { code?: string };
          return { name, code, message: firstLine(message), stack: stack?.split('\n').slice(1, 8).join('\n') };
        },
      },
    },
    destination,
  );
}

/** The database driver's messages go on with the statement, and the statement with its values. */
const firstLine = (message: string | undefined) => message?.split('\n').at(-1)?.slice(0, 300);
