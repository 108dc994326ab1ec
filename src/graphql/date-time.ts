/**
 * Instants as RFC 3339 writes them and PostgreSQL reads them: of the years 1 to 9999 in UTC. The year 0, which a time zone
 * can reach from the year 1, is none of PostgreSQL's.
 */
import { GraphQLError, GraphQLScalarType, valueFromASTUntyped } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';

const { name, description, extensions } = DateTimeResolver;

function parse(value: unknown): Date {
  const instant = DateTimeResolver.parseValue(value) as Date;
  const year = instant.getUTCFullYear();
  if (year >= 1 && year <= 9999) return instant;
  throw new GraphQLError('DateTime must lie in the years 1 to 9999, in UTC.');
}

export const DateTime = new GraphQLScalarType<Date, Date | string>({
  name,
  description,
  extensions,
  serialize: (value) => DateTimeResolver.serialize(value) as Date,
  parseValue: parse,
  parseLiteral: (node, variables) => parse(valueFromASTUntyped(node, variables)),
});
