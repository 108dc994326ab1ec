/**
 * What of an error leaves the server: coded errors as they are, mistakes in the request as graphql explains them, and
 * nothing of anything else but that it happened. The log gets its kind, never its values.
 */
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { CodedError } from '../errors.ts';

/** Connection refused, reset or timed out; PostgreSQL's classes 08 (connection), 53 (resources) and 57 (shutdown). */
const UNREACHABLE = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|08|53|57P)/;

export function createErrorMask(log: Logger): (error: unknown) => Error {
  return (error) => {
    const graphqlError = error instanceof GraphQLError ? error : null;
    const cause = graphqlError ? graphqlError.originalError : error;
    const { nodes, source, positions, path } = graphqlError ?? {};
    const outward = (message: string, code: string) =>
      new GraphQLError(message, { nodes, source, positions, path, extensions: { code, ...httpStatus(code) } });

    if (cause instanceof CodedError) return outward(cause.message, cause.code);
    if (graphqlError && !cause) {
      return graphqlError.extensions.code ? graphqlError : outward(graphqlError.message, 'BAD_REQUEST');
    }
    const code = findCode(cause);
    log.error({ err: cause, path }, 'an operation failed');
    if (code && UNREACHABLE.test(code)) return outward('The service cannot answer now. Try again.', 'UNAVAILABLE');
    return outward('Something went wrong on our side.', 'INTERNAL');
  };
}

const httpStatus = (code: string) => (code === 'UNAUTHENTICATED' ? { http: { status: 401 } } : {});

/** The driver wraps errors; the code may be some causes down. */
function findCode(error: unknown): string | null {
  for (
    let at = error as { code?: unknown; cause?: unknown } | null | undefined, depth = 0;
    at && depth < 5;
    depth += 1
  ) {
    if (typeof at.code === 'string') return at.code;
    at = at.cause as typeof at;
  }
  return null;
}
