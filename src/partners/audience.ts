/**
 * The fans who share anything with a partner, as the rule says now, in pages. A cursor is of no use to anybody else: two
 * partners cannot find by it that they see the same fan.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { type DefaultConnectionArguments, type PageInfoShape, resolveCursorConnection } from '@pothos/plugin-relay';
import { bitOf, CONSENT_SCOPES, type ConsentScope } from '../consent/index.ts';
import type { Context } from '../context.ts';
import { InputError } from '../errors.ts';
import { Fan } from '../fans/index.ts';
import { type Connection, checkPageSize, MAX_PAGE_SIZE } from '../graphql/connection.ts';

interface Member {
  readonly fanId: string;
  readonly mask: number;
}
interface Page {
  readonly pageInfo: PageInfoShape;
  readonly edges: readonly { readonly cursor: string; readonly node: Member }[];
}
export interface AudienceEdge {
  readonly cursor: string;
  readonly node: Fan;
  readonly sharedScopes: ConsentScope[];
}
export type Audience = Omit<Connection<Fan>, 'edges'> & { edges: AudienceEdge[] };

/** @throws InputError for a page or a cursor that is none. */
export async function connectAudience(
  context: Context,
  partnerId: string,
  args: DefaultConnectionArguments,
): Promise<Audience> {
  checkPageSize(args);
  const { em, consent, cursors } = context;
  const prefix = `audience-${partnerId}:`;
  const keyOf = (cursor: string | undefined): string | null => {
    if (!cursor) return null;
    const opened = cursors.open(cursor) ?? '';
    if (!opened.startsWith(prefix)) throw new InputError('The cursor is not one of this connection.', 'after');
    return opened.slice(prefix.length);
  };
  const page = await resolveCursorConnection(
    {
      args,
      defaultSize: 20,
      maxSize: MAX_PAGE_SIZE,
      toCursor: (member) => cursors.seal(`${prefix}${(member as Member).fanId}`),
    },
    ({ before, after, limit, inverted }) => findMembers(em, partnerId, keyOf(after), keyOf(before), limit, inverted),
  );
  const { pageInfo, edges: members } = page as unknown as Page;
  const fans = await em.find(Fan, { id: { $in: members.map(({ node }) => node.fanId) } });
  // The gate is asked as well, so that the second look has something to look at: between page and answer one may leave.
  const seen = await Promise.all(members.map(({ node }) => consent.sees({ fanId: node.fanId })));
  return {
    pageInfo,
    edges: members.flatMap(({ cursor, node: { fanId, mask } }, place) => {
      const node = fans.find(({ id }) => id === fanId);
      if (!node || !seen[place]) return [];
      return [{ cursor, node, sharedScopes: CONSENT_SCOPES.filter((scope) => (mask & bitOf(scope)) !== 0) }];
    }),
    totalCount: async () => {
      const [row] = await em.execute<{ fans: number }[]>(sql`
        select partner_audience_size(${partnerId}::bigint, app_now()) as fans`);
      return row!.fans;
    },
  };
}

async function findMembers(
  em: SqlEntityManager,
  partnerId: string,
  after: string | null,
  before: string | null,
  limit: number,
  backwards: boolean,
): Promise<Member[]> {
  const rows = await em.execute<{ fan_id: string; mask: number }[]>(sql`
    select fan_id, mask from partner_audience(${partnerId}::bigint, ${after}::bigint, ${before}::bigint, ${limit}::int,
      ${backwards}::boolean, app_now())`);
  return rows.map(({ fan_id: fanId, mask }) => ({ fanId, mask }));
}
