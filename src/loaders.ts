/**
 * Rows by key as one request or one event sees them: asked once, and then standing still. Never kept longer. The
 * queries behind are shared with whatever else loads in the same tick.
 */
import DataLoader from 'dataloader';
import type { Readers } from './readers.ts';

type Value<R> = R extends DataLoader<string, infer V> ? V : never;
type Rows = Readers['rows'];
export type Loaders = { readonly [K in keyof Rows]: DataLoader<string, Value<Rows[K]>> };

export function createLoaders({ rows }: Readers): Loaders {
  const loaders = Object.entries(rows).map(([name, reader]) => [
    name,
    new DataLoader((keys: readonly string[]) => (reader as DataLoader<string, unknown>).loadMany(keys)),
  ]);
  return Object.fromEntries(loaders) as Loaders;
}
