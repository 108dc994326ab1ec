/**
 * Keyset pages over the rows that a query selects, as Relay connections. A cursor is the sealed key of a row; the
 * order is by columns that end in the key, so a page neither skips nor repeats when rows come between.
 */
import { type EntityName, type FilterQuery, type RawQueryFragment, raw } from '@mikro-orm/core';
import { sql } from '@mikro-orm/postgresql';
import { type DefaultConnectionArguments, type PageInfoShape, resolveCursorConnection } from '@pothos/plugin-relay';
import type { Context } from '../context.ts';
import { InputError } from '../errors.ts';

export const MAX_PAGE_SIZE = 100;
const DEFAULT_PAGE_SIZE = 20;

export interface PageOptions<T extends { id: string }> {
  entity: EntityName<T>;
  table: string;
  where?: FilterQuery<T>;
  /** Column names, ending in the unique one. */
  order: readonly string[];
  direction?: 'asc' | 'desc';
}

export interface Connection<T> {
  pageInfo: PageInfoShape;
  edges: { cursor: string; node: T }[];
  totalCount: () => Promise<number>;
}

export async function connect<T extends { id: string }>(
  context: Context,
  args: DefaultConnectionArguments,
  { entity, table, where, order, direction = 'asc' }: PageOptions<T>,
): Promise<Connection<T>> {
  checkPageSize(args);
  const columns = order.join(', ');
  const query = () => {
    const builder = context.em.createQueryBuilder(entity, 'n').select('*');
    return where ? builder.where(where as never) : builder;
  };
  const beyond = (comparison: '<' | '>', cursor: string): RawQueryFragment =>
    raw(
      `(${order.map((column) => `n.${column}`).join(', ')}) ${comparison} (select ${columns} from ${table} where id = ?)`,
      [openCursor(context, table, cursor)],
    );
  const connection = await resolveCursorConnection(
    {
      args,
      defaultSize: DEFAULT_PAGE_SIZE,
      maxSize: MAX_PAGE_SIZE,
      toCursor: (node) => context.cursors.seal(`${table}:${(node as T).id}`),
    },
    async ({ before, after, limit, inverted }) => {
      const descending = (direction === 'desc') !== inverted;
      const page = query();
      if (after) page.andWhere(beyond(direction === 'desc' ? '<' : '>', after));
      if (before) page.andWhere(beyond(direction === 'desc' ? '>' : '<', before));
      page.orderBy(order.map((column) => ({ [sql.ref('n', column) as never]: descending ? 'desc' : 'asc' })) as never);
      return (await page.limit(limit).getResultList()) as T[];
    },
  );
  return { ...(connection as unknown as Omit<Connection<T>, 'totalCount'>), totalCount: () => query().getCount() };
}

/** @throws InputError for a page larger than MAX_PAGE_SIZE, or without a size that counts. */
export function checkPageSize(args: DefaultConnectionArguments): void {
  for (const name of ['first', 'last'] as const) {
    const size = args[name];
    if (size === null || size === undefined) continue;
    if (size < 0 || size > MAX_PAGE_SIZE) throw new InputError(`${name} must be from 0 to ${MAX_PAGE_SIZE}.`, name);
  }
}

function openCursor(context: Context, table: string, cursor: string): string {
  const match = /^(\w+):(\d+)$/.exec(context.cursors.open(cursor) ?? '');
  if (match?.[1] !== table) throw new InputError('The cursor is not one of this connection.', 'after');
  return match[2]!;
}
