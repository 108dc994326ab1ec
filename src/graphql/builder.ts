/** The schema builder that every slice adds its types to. Fields are non-null unless they say otherwise. */
import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import { URLResolver } from 'graphql-scalars';
import type { Context } from '../context.ts';
import { AccessError, ConflictError, ConsentError, InputError, NotFoundError, ServiceError } from '../errors.ts';
import './consent-plugin/index.ts';
import { DateTime } from './date-time.ts';

export interface SchemaShape {
  Context: Context;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    URL: { Input: URL; Output: URL | string };
  };
  Connection: { totalCount: () => Promise<number> };
}

export const builder = new SchemaBuilder<SchemaShape>({
  // The consent plugin wraps outermost: a denied field never reaches its resolver.
  plugins: ['consent', ErrorsPlugin, RelayPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  errors: {
    directResult: true,
    defaultTypes: [InputError, AccessError, NotFoundError, ConflictError, ConsentError, ServiceError],
    defaultUnionOptions: { name: ({ fieldName }) => `${capital(fieldName)}Result` },
  },
  relay: {
    cursorType: 'String',
    nodeFieldOptions: { nullable: false },
    // The page size is the cost: edges are as many as were asked for.
    edgesFieldOptions: { nullable: false, complexity: { field: 0, multiplier: 1 } },
    defaultConnectionFieldOptions: { complexity: ({ first, last }) => ({ field: 1, multiplier: first ?? last ?? 20 }) },
  },
});

builder.queryType({});
builder.mutationType({});
builder.subscriptionType({});
builder.addScalarType('DateTime', DateTime);
builder.addScalarType('URL', URLResolver);
builder.globalConnectionField('totalCount', (t) =>
  t.int({
    description: 'How many there are in all, counted only when asked for.',
    resolve: (connection) => connection.totalCount(),
  }),
);

const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
