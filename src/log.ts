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
        err: describeError,
      },
    },
    destination,
  );
}

/**
 * What a database says of an error names the statement, the row and the value, in its message and so in the head of its
 * stack: of such errors only the code is told, of all others the first line.
 */
function describeError(error: unknown): Record<string, string | undefined> {
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, message, stack } = error;
  const state = findSqlState(error);
  const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name,
    code: state ?? (error as { code?: string }).code,
    message: state ? 'the database refused' : message.split('\n', 1)[0]!.slice(0, 300),
    stack: frames?.slice(0, 7).join('\n'),
  };
}

/** A SQLSTATE, of the error or of what caused it. */
function findSqlState(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth === 5) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : findSqlState(cause, depth + 1);
}
