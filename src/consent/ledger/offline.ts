/**
 * What `npm run verify` does, and anyone else may: from a JWKS, receipts and saved answers of the public log it proves
 * that each receipt was signed as it stands, that its leaf is in the log, and that each signed head contains those
 * before it. It believes nothing but the JWKS: no server, no database, no hash that it has not computed.
 */
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { type Head, openHead } from './heads.ts';
import { openReceipt } from './receipts.ts';
import { StatementError } from './signing.ts';
import { EMPTY_ROOT, growTree, type Hash, hashLeaf, hashRange, verifyConsistency, verifyInclusion } from './tree.ts';

export interface Check {
  readonly ok: boolean;
  readonly what: string;
  /** Why not, or what it was found to be. */
  readonly detail: string;
}

const Hash32 = z
  .string()
  .regex(/^[\w-]{43}$/)
  .transform((text) => Buffer.from(text, 'base64url'));

/** Any answer of `/.well-known/consent-log`, saved as it came. */
export const SavedLog = z.looseObject({
  head: z.string().optional(),
  heads: z.union([z.array(z.string()), z.string().transform(() => [])]).optional(),
  from: z.int().optional(),
  leaves: z.union([z.array(Hash32), z.string().transform(() => [])]).optional(),
  inclusion: z
    .union([
      z.object({ leaf: Hash32, index: z.int(), size: z.int(), path: z.array(Hash32) }),
      z.string().transform(() => undefined),
    ])
    .optional(),
  consistency: z
    .union([z.object({ from: z.int(), to: z.int(), path: z.array(Hash32) }), z.string().transform(() => undefined)])
    .optional(),
});
export type SavedLog = z.infer<typeof SavedLog>;

/** Roots of the tree of the saved leaves, at any size up to their number. */
interface Leaves {
  readonly count: number;
  readonly indexOf: ReadonlyMap<string, number>;
  rootAt(size: number): Hash;
}

/** One line for each thing that was checked. Without any log, only signatures can be: that is said, and is no failure. */
export async function verifyOffline(
  jwks: JSONWebKeySet,
  receipts: readonly string[],
  logs: readonly SavedLog[],
): Promise<Check[]> {
  const checks: Check[] = [];
  const heads = await checkHeads(jwks, logs, checks);
  const leaves = gatherLeaves(logs, checks);
  checkRoots(heads, leaves, checks);
  checkHistory(heads, logs, leaves, checks);
  for (const [place, jws] of receipts.entries()) {
    checks.push(await checkReceipt(`receipt ${place + 1}`, jws, jwks, { heads, logs, leaves }));
  }
  return checks;
}

/** Those that hold, the smallest first. Two of one size with different roots are a log that shows two faces. */
async function checkHeads(jwks: JSONWebKeySet, logs: readonly SavedLog[], checks: Check[]): Promise<Head[]> {
  const saved = new Set(logs.flatMap(({ head, heads }) => [...(head ? [head] : []), ...(heads ?? [])]));
  const heads: Head[] = [];
  for (const jws of saved) {
    try {
      const head = await openHead(jws, jwks);
      const other = heads.find(({ size }) => size === head.size);
      const split = other !== undefined && !other.root.equals(head.root);
      const detail = split ? 'another head of this size has another root' : `signed ${head.at.toISOString()}`;
      checks.push({ ok: !split, what: `head of ${head.size}`, detail });
      if (!other) heads.push(head);
    } catch (error) {
      checks.push({ ok: false, what: 'head', detail: reasonOf(error) });
    }
  }
  return heads.sort((a, b) => a.size - b.size);
}

function gatherLeaves(logs: readonly SavedLog[], checks: Check[]): Leaves {
  const parts = logs.filter((log) => log.leaves?.length).sort((a, b) => (a.from ?? 0) - (b.from ?? 0));
  const leaves: Hash[] = [];
  for (const { from = 0, leaves: part = [] } of parts) {
    if (from > leaves.length) {
      checks.push({ ok: false, what: 'leaves', detail: `those from ${leaves.length} to ${from - 1} are missing` });
      break;
    }
    const known = leaves.slice(from, from + part.length);
    if (known.some((leaf, place) => !leaf.equals(part[place]!))) {
      checks.push({ ok: false, what: 'leaves', detail: `two files differ from ${from} on` });
      break;
    }
    leaves.push(...part.slice(known.length));
  }
  const nodes = new Map<string, Hash>();
  for (const { level, index, hash } of growTree(0, () => EMPTY_ROOT, leaves.map(hashLeaf))) {
    nodes.set(`${level}:${index}`, hash);
  }
  return {
    count: leaves.length,
    indexOf: new Map(leaves.map((leaf, index) => [leaf.toString('hex'), index])),
    rootAt: (size) => hashRange({ start: 0, end: size }, ({ level, index }) => nodes.get(`${level}:${index}`)!),
  };
}

/** Every head that the saved leaves reach has their root. */
function checkRoots(heads: readonly Head[], leaves: Leaves, checks: Check[]): void {
  if (leaves.count === 0) return;
  for (const { size, root } of heads.filter((head) => head.size <= leaves.count)) {
    const ok = leaves.rootAt(size).equals(root);
    checks.push({
      ok,
      what: `tree of ${size}`,
      detail: ok ? 'the leaves hash to the root' : 'the leaves hash to another root',
    });
  }
}

/** Each head contains the one before it, by the leaves themselves or by a proof. */
function checkHistory(heads: readonly Head[], logs: readonly SavedLog[], leaves: Leaves, checks: Check[]): void {
  for (const [place, to] of heads.entries()) {
    const from = heads[place - 1];
    if (!from || (to.size <= leaves.count && leaves.count > 0)) continue;
    const what = `consistency of ${from.size} and ${to.size}`;
    const proof = logs.map((log) => log.consistency).find((saved) => saved?.from === from.size && saved.to === to.size);
    const path = from.size === 0 ? [] : proof?.path;
    if (!path) checks.push({ ok: false, what, detail: 'neither the leaves nor a proof were given' });
    else if (verifyConsistency(from, to, path))
      checks.push({ ok: true, what, detail: 'nothing was changed or removed' });
    else checks.push({ ok: false, what, detail: 'the proof does not hold: history was rewritten' });
  }
}

async function checkReceipt(
  what: string,
  jws: string,
  jwks: JSONWebKeySet,
  { heads, logs, leaves }: { heads: readonly Head[]; logs: readonly SavedLog[]; leaves: Leaves },
): Promise<Check> {
  try {
    const { entry, leaf } = await openReceipt(jws, jwks);
    const scopes = entry.purposes.map(({ scope }) => scope).join(', ');
    const said = `${entry.event.action} ${scopes} on ${entry.event.event_time}`;
    if (logs.length === 0) return { ok: true, what, detail: `${said}; signed (no log was given to look it up in)` };
    const place = findLeaf(leaf, heads, logs, leaves);
    return typeof place === 'string'
      ? { ok: false, what, detail: place }
      : { ok: true, what, detail: `${said}; signed, entry ${place.index} of ${place.size}` };
  } catch (error) {
    return { ok: false, what, detail: reasonOf(error) };
  }
}

/** Where the leaf stands under a head whose signature holds, or why that is not shown. */
function findLeaf(
  leaf: Hash,
  heads: readonly Head[],
  logs: readonly SavedLog[],
  leaves: Leaves,
): { index: number; size: number } | string {
  const index = leaves.indexOf.get(leaf.toString('hex'));
  if (index !== undefined) {
    const above = heads.findLast(({ size }) => index < size && size <= leaves.count);
    if (!above) return 'its leaf is there, but no signed head that covers it was given';
    return above.root.equals(leaves.rootAt(above.size))
      ? { index, size: above.size }
      : 'the head above it has another root';
  }
  const proof = logs.map((log) => log.inclusion).find((saved) => saved?.leaf.equals(leaf));
  if (!proof) return 'its leaf is not in the log that was given';
  const head = heads.find(({ size }) => size === proof.size);
  if (!head) return `its proof is for ${proof.size} entries, and no head of that size was given`;
  return verifyInclusion(hashLeaf(leaf), proof, head.root) ? proof : 'its proof of inclusion does not hold';
}

const reasonOf = (error: unknown): string => {
  if (error instanceof StatementError) return error.message;
  throw error;
};
