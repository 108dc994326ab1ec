/** The public log: signed heads, leaves and proofs. Hashes only; whom they are about cannot be told from them. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { InputError, NotFoundError } from '../../errors.ts';
import { hashLeaf } from './tree.ts';
import { readConsistencyPath, readInclusionPaths, readSize } from './tree-store.ts';

const HEADS_PER_PAGE = 1_000;
const LEAVES_PER_PAGE = 10_000;

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

/** The newest signed head. @throws NotFoundError before the first. */
export async function findHead(em: SqlEntityManager): Promise<string> {
  const [row] = await em.execute<{ jws: string }[]>(sql`select jws from ledger_head order by size desc limit 1`);
  if (!row) throw new NotFoundError('A signed head');
  return row.jws;
}

/** Signed heads from a size on, the smallest first. `next` is where to go on, or null. */
export async function findHeads(em: SqlEntityManager, from: number) {
  const rows = await em.execute<{ size: string; jws: string }[]>(sql`
    select size, jws from ledger_head where size >= ${from} order by size limit ${HEADS_PER_PAGE}`);
  const next = rows.length === HEADS_PER_PAGE ? Number(rows.at(-1)!.size) + 1 : null;
  return { heads: rows.map(({ jws }) => jws), next };
}

/** Leaves in the order of the tree, base64url: what a receipt's entry and salt hash to. */
export async function findLeaves(em: SqlEntityManager, from: number) {
  const rows = await em.execute<{ leaf: Uint8Array }[]>(sql`
    select e.leaf from ledger_leaf l join ledger_entry e on e.id = l.entry_id
    where l.index >= ${from} order by l.index limit ${LEAVES_PER_PAGE}`);
  const next = rows.length === LEAVES_PER_PAGE ? from + rows.length : null;
  return { from, leaves: rows.map(({ leaf }) => text(leaf)), next };
}

/** That a leaf stands in the tree of `size` entries, by default of all. @throws NotFoundError, InputError. */
export async function proveInclusion(em: SqlEntityManager, leaf: Buffer, size?: number) {
  const [row] = await em.execute<{ index: string }[]>(sql`
    select l.index from ledger_leaf l join ledger_entry e on e.id = l.entry_id
    where e.leaf = ${`\\x${leaf.toString('hex')}`}::bytea`);
  const of = await checkSize(em, size, 'size');
  if (!row || Number(row.index) >= of) throw new NotFoundError('The leaf');
  const index = Number(row.index);
  const [path] = await readInclusionPaths(em, [index], of);
  return { inclusion: { leaf: text(leaf), leafHash: text(hashLeaf(leaf)), index, size: of, path: path!.map(text) } };
}

/** That the tree of `to` entries begins with that of `from`. @throws InputError. */
export async function proveConsistency(em: SqlEntityManager, from: number, to?: number) {
  const end = await checkSize(em, to, 'to');
  if (from > end) throw new InputError('from must not be greater than to.', 'from');
  return { consistency: { from, to: end, path: (await readConsistencyPath(em, from, end)).map(text) } };
}

async function checkSize(em: SqlEntityManager, size: number | undefined, name: string): Promise<number> {
  const current = await readSize(em);
  if (size !== undefined && size > current) throw new InputError(`${name} must not exceed ${current}.`, name);
  return size ?? current;
}
