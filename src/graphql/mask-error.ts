/**
 * What of an error leaves the server: coded errors as they are, mistakes in the request as graphql explains them, and
 * nothing of anything else but that it happened. The log gets its kind, never its values.
 */
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { isErased, isUnreachable } from '../db/outcome.ts';
import { CodedError } from '../errors.ts';

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
    if (isErased(cause)) return outward('Enroll first: what there was has been erased.', 'NOT_ENROLLED');
    log.error({ err: cause, path }, 'an operation failed');
    if (isUnreachable(cause)) return outward('The service cannot answer now. Try again.', 'UNAVAILABLE');
    return outward('Something went wrong on our side.', 'INTERNAL');
  };
}

/** Whether it is a fault: neither one of the answers that an operation may give, nor a database that is away. */
export const isFault = ({ originalError }: GraphQLError): boolean =>
  originalError !== undefined &&
  !(originalError instanceof CodedError || originalError instanceof GraphQLError || isUnreachable(originalError));

const httpStatus = (code: string) => (code === 'UNAUTHENTICATED' ? { http: { status: 401 } } : {});
