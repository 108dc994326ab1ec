/**
 * The tree as PostgreSQL keeps it: each perfect subtree once, by (level, index), never changed. Reading a proof at any
 * size, past or present, is one query of at most 2 * log2(size) rows.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { arrayOf } from '../../db/sql.ts';
import {
  consistencyRanges,
  type FindNode,
  growTree,
  type Hash,
  hashRange,
  inclusionRanges,
  type NodeRef,
  perfectNodes,
  type Range,
} from './tree.ts';

/** A node is not where it must be: the store has been tampered with. */
export class TreeError extends Error {}

export const byteaArray = (values: readonly Uint8Array[]): string =>
  arrayOf(values.map((value) => `\\x${Buffer.from(value).toString('hex')}`));

/** How many leaves have been sequenced. */
export async function readSize(em: SqlEntityManager): Promise<number> {
  const [row] = await em.execute<{ size: string | null }[]>(sql`select max(index) + 1 as size from ledger_leaf`);
  return Number(row!.size ?? 0);
}

/** @throws TreeError when one is missing. */
async function loadNodes(em: SqlEntityManager, refs: readonly NodeRef[]): Promise<FindNode> {
  const wanted = [...new Map(refs.map((ref) => [nameOf(ref), ref])).values()];
  const rows = await em.execute<{ level: number; index: string; hash: Uint8Array }[]>(sql`
    select n.level, n.index, n.hash from ledger_node n
    join unnest(${arrayOf(wanted.map(({ level }) => String(level)))}::smallint[],
      ${arrayOf(wanted.map(({ index }) => String(index)))}::bigint[]) as w (level, index)
      on n.level = w.level and n.index = w.index`);
  const found = new Map(rows.map(({ level, index, hash }) => [nameOf({ level, index: Number(index) }), hash]));
  return (ref) => {
    const hash = found.get(nameOf(ref));
    if (!hash) throw new TreeError(`The node at level ${ref.level}, index ${ref.index} is missing.`);
    return Buffer.from(hash);
  };
}

async function hashRanges(em: SqlEntityManager, ranges: readonly Range[]): Promise<Hash[]> {
  const find = await loadNodes(em, ranges.flatMap(perfectNodes));
  return ranges.map((range) => hashRange(range, find));
}

/** @throws RangeError for a size that the tree never had yet, TreeError. */
export async function readRoot(em: SqlEntityManager, size: number): Promise<Hash> {
  return (await hashRanges(em, [{ start: 0, end: size }]))[0]!;
}

/** @throws RangeError, TreeError. */
export const readConsistencyPath = (em: SqlEntityManager, from: number, to: number): Promise<Hash[]> =>
  from === 0 || from === to ? Promise.resolve([]) : hashRanges(em, consistencyRanges(from, to));

/** One path for each index, in one query. @throws RangeError, TreeError. */
export async function readInclusionPaths(
  em: SqlEntityManager,
  indices: readonly number[],
  size: number,
): Promise<Hash[][]> {
  const ranges = indices.map((index) => inclusionRanges(index, size));
  const hashes = await hashRanges(em, ranges.flat());
  return ranges.map(({ length }) => hashes.splice(0, length));
}

/** Appends leaves after the first `size`, and answers the new root. The caller holds the sequencer's lock. */
export async function growStore(
  em: SqlEntityManager,
  size: number,
  leafHashes: readonly Hash[],
): Promise<{ size: number; root: Hash }> {
  const frontier = await loadNodes(em, perfectNodes({ start: 0, end: size }));
  const grown = growTree(size, frontier, leafHashes);
  await em.execute(sql`
    insert into ledger_node (level, index, hash)
    select * from unnest(${arrayOf(grown.map(({ level }) => String(level)))}::smallint[],
      ${arrayOf(grown.map(({ index }) => String(index)))}::bigint[],
      ${byteaArray(grown.map(({ hash }) => hash))}::bytea[])`);
  const fresh = new Map(grown.map((node) => [nameOf(node), node.hash]));
  const end = size + leafHashes.length;
  return { size: end, root: hashRange({ start: 0, end }, (ref) => fresh.get(nameOf(ref)) ?? frontier(ref)) };
}

const nameOf = ({ level, index }: NodeRef) => `${level}:${index}`;
