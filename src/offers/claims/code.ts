/**
 * The code of a claim: 18 symbols of Crockford's base32, in three groups of six. Seventeen are drawn from the system's
 * secure source (85 bits), the last is Crockford's check symbol, so that a typing mistake is known as one without asking
 * anybody. Codes whose check would be one of his five extra symbols are not given out, which costs 0.2 bits. Read back,
 * case, spaces and hyphens do not matter, and O, I and L are the digits they look like.
 *
 * Crockford's base32: https://www.crockford.com/base32.html
 */
import { randomBytes } from 'node:crypto';

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const DRAWN = 17;
const LOOKALIKES: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };

export function drawCode(): string {
  for (;;) {
    // 256 is a multiple of 32: no symbol is likelier than another.
    const drawn = [...randomBytes(DRAWN)].map((byte) => SYMBOLS[byte % 32]!).join('');
    const check = SYMBOLS[checkOf(drawn)];
    if (check) return drawn + check;
  }
}

/** As it is shown: `7ZQX4M-0K9RTB-WH3D5C`. */
export const groupCode = (code: string): string => code.match(/.{6}/g)!.join('-');

/** The code that somebody typed or scanned; null for what cannot be one. */
export function readCode(typed: string): string | null {
  const code = typed
    .replace(/[\s-]/g, '')
    .toUpperCase()
    .replace(/[OIL]/g, (symbol) => LOOKALIKES[symbol]!);
  const isCode = code.length === DRAWN + 1 && [...code].every((symbol) => SYMBOLS.includes(symbol));
  return isCode && SYMBOLS[checkOf(code.slice(0, DRAWN))] === code[DRAWN] ? code : null;
}

/** The number that the symbols write, modulo 37: no single mistake and no two neighbours changed about leave it alone. */
const checkOf = (symbols: string): number =>
  [...symbols].reduce((rest, symbol) => (rest * 32 + SYMBOLS.indexOf(symbol)) % 37, 0);
