import type { GraphQLError } from 'graphql';
import { isUnreachable } from '../db/outcome.ts';
import { ServiceError } from '../errors.ts';

/** The database or the lease went while an event was being made: it is held, not sent with a hole in it. */
export const isPassing = ({ originalError }: GraphQLError): boolean =>
  originalError instanceof ServiceError || isUnreachable(originalError);
