/** The tree against the published vectors, against a tree built naively from the RFC's words, and against liars. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyRanges,
  EMPTY_ROOT,
  type FindNode,
  growTree,
  type Hash,
  hashLeaf,
  hashRange,
  inclusionRanges,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/consent/ledger/tree.ts';
import { naiveRoot } from '../../support/ledger.ts';

/** Leaves and roots of Certificate Transparency's own reference tests (merkletree tests of google/certificate-transparency). */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => Buffer.from(hex, 'hex'),
);
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The nodes of a tree that grew in steps of these sizes. */
function grow(leaves: readonly Uint8Array[], steps: readonly number[] = [leaves.length]): FindNode {
  const nodes = new Map<string, Hash>();
  const find: FindNode = ({ level, index }) => nodes.get(`${level}:${index}`)!;
  let size = 0;
  for (const step of [...steps, leaves.length]) {
    const batch = leaves.slice(size, size + step);
    for (const { level, index, hash } of growTree(size, find, batch.map(hashLeaf)))
      nodes.set(`${level}:${index}`, hash);
    size += batch.length;
  }
  return find;
}

const root = (find: FindNode, size: number) => hashRange({ start: 0, end: size }, find);
const inclusion = (find: FindNode, index: number, size: number) =>
  inclusionRanges(index, size).map((range) => hashRange(range, find));
const consistency = (find: FindNode, from: number, to: number) =>
  from === 0 ? [] : consistencyRanges(from, to).map((range) => hashRange(range, find));

const leavesOf = (count: number) => Array.from({ length: count }, (_, place) => Buffer.from(`leaf ${place}`));
const sizes = fc.integer({ min: 1, max: 300 });

describe('the tree', () => {
  it("has the roots of Certificate Transparency's vectors at every size", () => {
    const find = grow(LEAVES, [1, 2, 3]);
    expect(ROOTS.map((_, size) => root(find, size).toString('hex'))).toEqual(ROOTS);
    expect(EMPTY_ROOT.toString('hex')).toBe(ROOTS[0]);
  });

  it("has the paths of the RFC's own example with seven leaves (RFC 6962, 2.1.3)", () => {
    const names = (ranges: readonly { start: number; end: number }[]) => ranges.map(({ start, end }) => [start, end]);
    expect(names(inclusionRanges(0, 7))).toEqual([
      [1, 2],
      [2, 4],
      [4, 7],
    ]); // [b, h, l]
    expect(names(inclusionRanges(3, 7))).toEqual([
      [2, 3],
      [0, 2],
      [4, 7],
    ]); // [c, g, l]
    expect(names(inclusionRanges(4, 7))).toEqual([
      [5, 6],
      [6, 7],
      [0, 4],
    ]); // [f, j, k]
    expect(names(inclusionRanges(6, 7))).toEqual([
      [4, 6],
      [0, 4],
    ]); // [i, k]
    expect(names(consistencyRanges(3, 7))).toEqual([
      [2, 3],
      [3, 4],
      [0, 2],
      [4, 7],
    ]); // [c, d, g, l]
    expect(names(consistencyRanges(4, 7))).toEqual([[4, 7]]); // [l]
    expect(names(consistencyRanges(6, 7))).toEqual([
      [4, 6],
      [6, 7],
      [0, 4],
    ]); // [i, j, k]
  });

  it('is the one of the RFC however it grew', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.array(fc.integer({ min: 0, max: 70 })), (count, steps) => {
        const leaves = leavesOf(count);
        expect(root(grow(leaves, steps), count)).toEqual(naiveRoot(leaves));
      }),
      { numRuns: 60 },
    );
  });

  it('proves every leaf, and nothing else', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), fc.nat({ max: 255 }), (size, at, where, flip) => {
        const leaves = leavesOf(size);
        const find = grow(leaves);
        const index = at % size;
        const path = inclusion(find, index, size);
        const head = root(find, size);
        const holds = (hash: Hash, proof: { index: number; size: number; path: Hash[] }) =>
          verifyInclusion(hash, proof, head);
        const leafHash = hashLeaf(leaves[index]!);
        expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
        expect(holds(leafHash, { index, size, path })).toBe(true);
        expect(holds(hashLeaf(Buffer.from('another')), { index, size, path })).toBe(false);
        expect(holds(leafHash, { index, size, path: [...path, head] })).toBe(false);
        expect(holds(leafHash, { index: size, size, path })).toBe(false);
        if (size > 1) {
          expect(holds(leafHash, { index: (index + 1) % size, size, path })).toBe(false);
          expect(holds(leafHash, { index, size, path: path.slice(1) })).toBe(false);
          const bent = path.map((hash) => Buffer.from(hash));
          const victim = bent[where % bent.length]!;
          victim[flip % 32]! ^= 1;
          expect(holds(leafHash, { index, size, path: bent })).toBe(false);
        }
      }),
    );
  });

  it('proves that it only grew, and finds out when it did not', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, older, changed) => {
        const from = older % (size + 1);
        const leaves = leavesOf(size);
        const find = grow(leaves);
        const path = consistency(find, from, size);
        const [old, head] = [
          { size: from, root: root(find, from) },
          { size, root: root(find, size) },
        ];
        expect(verifyConsistency(old, head, path)).toBe(true);
        expect(verifyConsistency(old, head, [...path, head.root])).toBe(false);
        expect(verifyConsistency(head, old, path)).toBe(from === size);
        if (from === 0) return;
        const rewritten = leaves.map((leaf, place) => (place === changed % from ? Buffer.from('rewritten') : leaf));
        const other = grow(rewritten);
        const forged = { size, root: root(other, size) };
        expect(verifyConsistency(old, forged, path)).toBe(false);
        expect(verifyConsistency(old, forged, consistency(other, from, size))).toBe(false);
      }),
    );
  });

  it('has no proof for what is not in it', () => {
    expect(() => inclusionRanges(7, 7)).toThrow(RangeError);
    expect(() => consistencyRanges(8, 7)).toThrow(RangeError);
    expect(() => consistencyRanges(0, 7)).toThrow(RangeError);
  });
});
