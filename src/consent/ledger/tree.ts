/**
 * The Merkle tree of RFC 6962, section 2.1: its hashes, its proofs, and how a stranger checks them. Pure: it knows
 * neither where nodes are kept nor what a leaf means. Hashes are SHA-256, 32 bytes.
 *
 * A tree of any size consists of perfect subtrees, which never change once they are full. So only those are stored, by
 * (level, index): the node that covers the leaves from index * 2^level to (index + 1) * 2^level. A proof is a list of
 * ranges of leaves, and the hash of a range is folded from the perfect subtrees that it consists of.
 */
import { createHash } from 'node:crypto';

export type Hash = Buffer;

/** Leaves from `start` up to but not including `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A perfect subtree of 2^level leaves. */
export interface NodeRef {
  readonly level: number;
  readonly index: number;
}

export type FindNode = (ref: NodeRef) => Hash;

const sha256 = (...parts: Uint8Array[]): Hash => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

export const EMPTY_ROOT: Hash = sha256();
export const hashLeaf = (data: Uint8Array): Hash => sha256(LEAF, data);
export const hashChildren = (left: Uint8Array, right: Uint8Array): Hash => sha256(NODE, left, right);

/** The perfect subtrees of a range, the left first. `start` must be a multiple of a power of two not below its length. */
export function perfectNodes({ start, end }: Range): NodeRef[] {
  const nodes: NodeRef[] = [];
  let at = start;
  while (at < end) {
    const level = log2(end - at);
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** The hash of a range, MTH(D[start:end]) in the RFC's words. */
export function hashRange(range: Range, find: FindNode): Hash {
  const hashes = perfectNodes(range).map(find);
  const last = hashes.pop();
  return last ? hashes.reduceRight((right, left) => hashChildren(left, right), last) : EMPTY_ROOT;
}

/** The ranges whose hashes are PATH(index, D[0:size]), the lowest first. @throws RangeError. */
export function inclusionRanges(index: number, size: number): Range[] {
  if (!isIndex(index) || !isIndex(size) || index >= size) throw new RangeError('No such leaf in a tree of this size.');
  const descend = ({ start, end }: Range): Range[] => {
    if (end - start === 1) return [];
    const middle = start + largestPowerBelow(end - start);
    return index < middle
      ? [...descend({ start, end: middle }), { start: middle, end }]
      : [...descend({ start: middle, end }), { start, end: middle }];
  };
  return descend({ start: 0, end: size });
}

/** The ranges whose hashes are PROOF(from, D[0:to]). Empty where the two are equal. @throws RangeError. */
export function consistencyRanges(from: number, to: number): Range[] {
  if (!isIndex(from) || !isIndex(to) || from > to || from === 0)
    throw new RangeError('A tree is consistent with larger ones only, and the empty one with all.');
  const descend = ({ start, end }: Range, whole: boolean): Range[] => {
    if (from === end) return whole ? [] : [{ start, end }];
    const middle = start + largestPowerBelow(end - start);
    return from <= middle
      ? [...descend({ start, end: middle }, whole), { start: middle, end }]
      : [...descend({ start: middle, end }, false), { start, end: middle }];
  };
  return descend({ start: 0, end: to }, true);
}

/** Whether `path` shows that the leaf with this hash stands at `index` under `root` (RFC 9162, section 2.1.3.2). */
export function verifyInclusion(
  leafHash: Hash,
  { index, size, path }: { index: number; size: number; path: readonly Hash[] },
  root: Hash,
): boolean {
  if (!isIndex(index) || !isIndex(size) || index >= size) return false;
  let [node, last, hash] = [index, size - 1, leafHash];
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = hashChildren(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = hashChildren(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && hash.equals(root);
}

/** Whether `path` shows that the tree `to` begins with the whole tree `from` (RFC 9162, section 2.1.4.2). */
export function verifyConsistency(
  from: { size: number; root: Hash },
  to: { size: number; root: Hash },
  path: readonly Hash[],
): boolean {
  if (!isIndex(from.size) || !isIndex(to.size) || from.size > to.size) return false;
  if (from.size === 0) return path.length === 0 && from.root.equals(EMPTY_ROOT);
  if (from.size === to.size) return path.length === 0 && from.root.equals(to.root);
  const isPower = 2 ** log2(from.size) === from.size;
  const [first, ...rest] = isPower ? [from.root, ...path] : path;
  if (!first) return false;
  let [node, last] = [from.size - 1, to.size - 1];
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  let [older, newer] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      [older, newer] = [hashChildren(sibling, older), hashChildren(sibling, newer)];
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      newer = hashChildren(newer, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && older.equals(from.root) && newer.equals(to.root);
}

/** The nodes that become full when `leafHashes` follow the first `size` leaves, the leaves themselves included. */
export function growTree(size: number, frontier: FindNode, leafHashes: readonly Hash[]): (NodeRef & { hash: Hash })[] {
  const stack = perfectNodes({ start: 0, end: size }).map((ref) => ({ ...ref, hash: frontier(ref) }));
  const grown: (NodeRef & { hash: Hash })[] = [];
  leafHashes.forEach((leafHash, offset) => {
    let node = { level: 0, index: size + offset, hash: leafHash };
    grown.push(node);
    while (stack.at(-1)?.level === node.level) {
      const left = stack.pop()!;
      node = { level: node.level + 1, index: left.index / 2, hash: hashChildren(left.hash, node.hash) };
      grown.push(node);
    }
    stack.push(node);
  });
  return grown;
}

/** Sizes and indices up to 2^32 - 1, so that integer arithmetic on them is exact. */
const isIndex = (value: number) => Number.isInteger(value) && value >= 0 && value < 2 ** 32;
/** Rounded down, of a whole number from 1. */
const log2 = (value: number) => 31 - Math.clz32(value);
const half = (value: number) => Math.floor(value / 2);
/** The largest power of two smaller than `count`, which is at least 2. */
const largestPowerBelow = (count: number) => 2 ** log2(count - 1);
