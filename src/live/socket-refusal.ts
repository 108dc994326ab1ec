/**
 * A refusal on its way to a WebSocket. Its client shall hear `error` for that operation, as of one that is not valid:
 * graphql-ws says so of what a stream throws, and of nothing that a result holds, so a refused result becomes a stream
 * that throws it, and what was thrown becomes the refused result's errors again.
 */
import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';
import { isRefused } from '../graphql/refusal.ts';

type Outcome = ExecutionResult | AsyncIterableIterator<ExecutionResult>;

class Refused extends Error {
  readonly errors: readonly GraphQLError[];
  constructor(errors: readonly GraphQLError[]) {
    super('Refused');
    this.errors = errors;
  }
}

/** All else stays as it is. */
export function throwRefusal(outcome: Outcome): Outcome {
  if (Symbol.asyncIterator in outcome || !isRefused(outcome)) return outcome;
  const refused = new Refused(outcome.errors!);
  const stream: AsyncIterableIterator<ExecutionResult> = {
    next: async () => {
      throw refused;
    },
    return: async () => ({ done: true, value: undefined }),
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

/** What the client hears of these errors: without what is meant for HTTP alone. */
export function formatErrors(errors: readonly GraphQLError[]): GraphQLFormattedError[] {
  const cause = errors[0]?.cause;
  return (cause instanceof Refused ? cause.errors : errors).map((error) => {
    const { extensions: { http: _, ...extensions } = {}, ...rest } = error.toJSON();
    return { ...rest, extensions };
  });
}
