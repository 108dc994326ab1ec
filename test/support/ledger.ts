/** The ledger as a stranger meets it: what a server publishes, fetched; and a tree built from the RFC's words alone. */
import { createHash } from 'node:crypto';
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import type { JSONWebKeySet } from 'jose';
import { SavedLog } from '../../src/consent/ledger/offline.ts';
import type { TestServer } from './server.ts';

export const WELL_KNOWN = '/.well-known/consent-log';

/** An answer of a plain HTTP path. */
// biome-ignore lint/suspicious/noExplicitAny: an answer's shape is the test's own business
export async function get(server: Pick<TestServer, 'url'>, path: string): Promise<any> {
  const response = await fetch(server.url.replace('/graphql', path));
  return response.json();
}

/** Everything that the log publishes, after all that was committed has been put into the tree. */
export async function saveLog(server: TestServer): Promise<{ jwks: JSONWebKeySet; logs: SavedLog[] }> {
  await server.services.ledger.flush();
  const answers = await Promise.all(
    [WELL_KNOWN, `${WELL_KNOWN}/heads`, `${WELL_KNOWN}/leaves`].map((p) => get(server, p)),
  );
  return { jwks: await get(server, '/.well-known/jwks.json'), logs: answers.map((answer) => SavedLog.parse(answer)) };
}

/** MTH of RFC 6962, section 2.1, word for word: the hash of the leaves' data. */
export function naiveRoot(leaves: readonly Uint8Array[]): Buffer {
  const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return sha(Buffer.of(0), leaves[0]!);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha(Buffer.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

/** What the tables hold: how many entries, which places they have, what waits, and the newest head's root. */
export async function readLedger(orm: MikroORM) {
  const em = orm.em.fork();
  const rows = await em.execute<{ index: string; leaf: Uint8Array; entry_id: string }[]>(sql`
    select l.index, e.leaf, e.id as entry_id from ledger_leaf l join ledger_entry e on e.id = l.entry_id order by l.index`);
  const [counts] = await em.execute<{ entries: number; leaves: number; pending: number }[]>(sql`
    select (select count(*) from ledger_entry)::int as entries, (select count(*) from ledger_leaf)::int as leaves,
      (select count(*) from ledger_pending)::int as pending`);
  const heads = await em.execute<{ size: string; jws: string }[]>(sql`select size, jws from ledger_head order by size`);
  return {
    ...counts!,
    indices: rows.map(({ index }) => Number(index)),
    entryIds: rows.map(({ entry_id }) => entry_id),
    heads: heads.map(({ size, jws }) => {
      const { root } = JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString());
      return { size: Number(size), root: root as string };
    }),
    rootAt: (size: number) => naiveRoot(rows.slice(0, size).map(({ leaf }) => leaf)).toString('base64url'),
  };
}
