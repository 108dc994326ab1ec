/** The codes of claims: read as people write them, and never mistaken for one another. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawCode, groupCode, readCode } from '../../../src/offers/claims/code.ts';

const SYMBOLS = [...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'];
const drawn = fc.constant(null).map(drawCode);
const place = fc.nat(16);

describe('a code', () => {
  it('is read in either case, with spaces or hyphens, and with O, I and L for the digits they look like', () => {
    fc.assert(
      fc.property(drawn, (code) => {
        const grouped = groupCode(code);
        const mistaken = code.replaceAll('0', 'o').replace('1', 'l').replaceAll('1', 'I');
        for (const typed of [code, grouped, grouped.toLowerCase(), ` ${grouped.replaceAll('-', ' ')}\n`, mistaken]) {
          expect(readCode(typed)).toBe(code);
        }
      }),
    );
  });

  it('is known to be wrong when one symbol is another, when two neighbors are changed about, and when one is missing', () => {
    fc.assert(
      fc.property(drawn, place, fc.constantFrom(...SYMBOLS), (code, at, symbol) => {
        const other = code.slice(0, at) + symbol + code.slice(at + 1);
        const swapped = code.slice(0, at) + code[at + 1] + code[at] + code.slice(at + 2);
        for (const wrong of [other, swapped]) expect(readCode(wrong)).toBe(wrong === code ? code : null);
        expect(readCode(code.slice(0, at) + code.slice(at + 1))).toBeNull();
      }),
    );
  });

  it('is drawn from all symbols alike, and never twice', () => {
    const codes = Array.from({ length: 4_000 }, drawCode);
    expect(new Set(codes).size).toBe(codes.length);
    const counts = new Map(SYMBOLS.map((symbol) => [symbol, 0]));
    for (const symbol of codes.flatMap((code) => [...code])) counts.set(symbol, counts.get(symbol)! + 1);
    // Each comes 2,250 times in 72,000; seven standard deviations are 330.
    for (const [symbol, times] of counts) expect(Math.abs(times - 2_250), symbol).toBeLessThan(330);
  });
});
