/**
 * What is refused whole, before any of it runs: with a code, a status for HTTP, and an `error` message on a socket.
 * Errors of what did run are no refusals.
 */
import { type ExecutionResult, GraphQLError } from 'graphql';

interface Http {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Refusal extends GraphQLError {
  constructor(code: string, message: string, more: Readonly<Record<string, unknown>> = {}, http?: Http) {
    super(message, { extensions: { code, ...more, ...(http ? { http } : {}) } });
  }
}

export const isRefused = ({ errors }: ExecutionResult): boolean =>
  errors !== undefined && errors.length > 0 && errors.every((error) => error instanceof Refusal);
