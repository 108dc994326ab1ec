/** A schema of its own for the tests of the two walls: the real plugin, none of the real types. */
import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import '../../../src/graphql/consent-plugin/index.ts';

export interface Person {
  fanId: string;
  name: string;
}

export function createBuilder() {
  const builder = new SchemaBuilder<{ DefaultFieldNullability: false }>({
    plugins: ['consent', RelayPlugin],
    defaultFieldNullability: false,
    relay: {},
  });
  builder.queryType({ fields: (t) => ({ ok: t.boolean({ resolve: () => true }) }) });
  return { builder, person: builder.objectRef<Person>('Person') };
}
