/** What a fan may ask of the ledger: their receipts again, and whether all of it still holds. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { JSONWebKeySet } from 'jose';
import { arrayOf } from '../../db/sql.ts';
import { openHead } from './heads.ts';
import { type Receipt, signReceipt } from './receipts.ts';
import { leafOf, SealError, type Vault } from './sealing.ts';
import { type Signer, StatementError } from './signing.ts';
import { type Hash, hashLeaf, verifyInclusion } from './tree.ts';
import { readInclusionPaths, TreeError } from './tree-store.ts';

export interface LedgerCheck {
  readonly ok: boolean;
  /** How many entries were opened and found in the tree; all of them, when it is ok. */
  readonly entries: number;
  /** The signed head against which they were checked. */
  readonly head: string;
}

interface Row {
  act_id: string;
  salt: Uint8Array;
  ciphertext: Uint8Array;
  leaf: Uint8Array;
  index: string | null;
  wrapped: Uint8Array | null;
}

const bytes = (value: Uint8Array) => Buffer.from(value);

/** The fan's receipts by act, as they were first handed out. Acts without an entry are left out. @throws SealError. */
export async function findReceipts(
  em: SqlEntityManager,
  { vault, signer }: { vault: Vault; signer: Signer },
  fanId: string,
  actIds: readonly string[],
): Promise<Map<string, Receipt>> {
  const rows = await findEntries(em, fanId, actIds);
  const receipts = rows
    .filter((row) => row.wrapped !== null)
    .map(async (row): Promise<[string, Receipt]> => {
      const sealed = { ciphertext: bytes(row.ciphertext), leaf: bytes(row.leaf) };
      const entry = vault.open(sealed, fanId, row.wrapped!);
      return [row.act_id, await signReceipt(signer, entry, row.salt)];
    });
  return new Map(await Promise.all(receipts));
}

/**
 * Opens every entry of the fan, and checks its leaf and its inclusion under the newest signed head. Not ok when any
 * fails, when the record of acts knows one that the ledger does not, and when the head's own signature does not hold.
 * Call it when the sequencer has been flushed; what is committed later may be left out.
 */
export async function checkFan(
  em: SqlEntityManager,
  { vault, jwks }: { vault: Vault; jwks: JSONWebKeySet },
  fanId: string,
  flush: () => Promise<void>,
): Promise<LedgerCheck> {
  const known = await findEntries(em, fanId);
  await flush();
  const actIds = known.map((row) => row.act_id);
  const [rows, missing, [newest]] = [
    await findEntries(em, fanId, actIds),
    await countActsWithoutEntry(em, fanId),
    await em.execute<{ jws: string; size: string }[]>(
      sql`select jws, size from ledger_head order by size desc limit 1`,
    ),
  ];
  const jws = newest?.jws ?? '';
  const holding = await countHolding(em, vault, fanId, rows, () => openHead(jws, jwks));
  return { ok: holding === known.length && missing === 0, entries: holding ?? 0, head: jws };
}

/** Null where not even the head can be believed. */
async function countHolding(
  em: SqlEntityManager,
  vault: Vault,
  fanId: string,
  rows: readonly Row[],
  readHead: () => Promise<{ size: number; root: Hash }>,
): Promise<number | null> {
  try {
    const { size, root } = await readHead();
    const placed = rows.filter(({ index }) => index !== null && Number(index) < size);
    const indices = placed.map(({ index }) => Number(index));
    const paths = await readInclusionPaths(em, indices, size);
    return placed.filter((row, place) => {
      const proof = { index: indices[place]!, size, path: paths[place]! };
      return opens(vault, fanId, row) && verifyInclusion(hashLeaf(bytes(row.leaf)), proof, root);
    }).length;
  } catch (error) {
    if (error instanceof StatementError || error instanceof TreeError) return null;
    throw error;
  }
}

/** Whether the ciphertext opens to an entry that the leaf commits to, for the act that it stands for. */
function opens(vault: Vault, fanId: string, row: Row): boolean {
  if (row.wrapped === null) return false;
  try {
    const entry = vault.open({ ciphertext: bytes(row.ciphertext), leaf: bytes(row.leaf) }, fanId, row.wrapped);
    return leafOf(row.salt, entry).equals(row.leaf) && entry.record_id === row.act_id;
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
}

function findEntries(em: SqlEntityManager, fanId: string, actIds?: readonly string[]): Promise<Row[]> {
  return em.execute<Row[]>(sql`
    select o.act_id, o.salt, e.ciphertext, e.leaf, l.index, k.wrapped
    from ledger_opening o
    join ledger_entry e on e.id = o.entry_id
    left join ledger_leaf l on l.entry_id = o.entry_id
    left join fan_key k on k.fan_id = o.fan_id
    where o.fan_id = ${fanId} and (${actIds === undefined} or o.act_id = any (${arrayOf(actIds ?? [])}::uuid[]))
    order by o.entry_id`);
}

/** Acts since the fan's first entry that have none. Before it there may be acts from a time without a ledger. */
async function countActsWithoutEntry(em: SqlEntityManager, fanId: string): Promise<number> {
  const [row] = await em.execute<{ count: number }[]>(sql`
    with act as (
      select c.act_id, min(c.id) as id, bool_or(o.act_id is not null) as entered
      from consent_event c left join ledger_opening o on o.act_id = c.act_id
      where c.fan_id = ${fanId} group by c.act_id
    )
    select count(*)::int as count from act
    where not entered and id > (select min(id) from act where entered)`);
  return row!.count;
}
