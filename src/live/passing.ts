/** The database or the lease is away for the moment: what was being made is held, not sent with a hole in it. */
import type { GraphQLError } from 'graphql';
import { isUnreachable } from '../db/outcome.ts';
import { ServiceError } from '../errors.ts';

export const isAway = (error: unknown): boolean => error instanceof ServiceError || isUnreachable(error);

export const isPassing = ({ originalError }: GraphQLError): boolean => isAway(originalError);
