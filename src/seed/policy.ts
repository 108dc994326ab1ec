/**
 * The first policy. Its words are written by hand, the list behind them by `npm run notice`: together they are what is
 * published and hashed.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const FIRST_POLICY_FILE = fileURLToPath(new URL('./policy-2026-1.md', import.meta.url));

export const FIRST_POLICY = {
  version: '2026-1',
  materialChange: false,
  effectiveAt: new Date('2026-01-01T00:00:00Z'),
  text: readFileSync(FIRST_POLICY_FILE, 'utf8'),
} as const;
