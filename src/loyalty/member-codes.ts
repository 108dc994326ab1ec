/**
 * The code that a fan shows at a till or a gate: sealed, so that it tells nothing and nobody can make one, and another
 * one each minute. A code of this minute or the last one counts, by the clock of the rules; nothing of it is stored.
 */
import type { Seal } from '../graphql/ids.ts';

const MINUTE_MS = 60_000;

export interface MemberCode {
  readonly code: string;
  readonly validUntil: Date;
}

export function issueMemberCode(seal: Seal, fanId: string, now: Date): MemberCode {
  const minute = minuteOf(now);
  return { code: seal.seal(`member:${fanId}:${minute}`), validUntil: new Date((minute + 2) * MINUTE_MS) };
}

/** The fan's key; null for whatever is not a code, or no longer. */
export function readMemberCode(seal: Seal, code: string, now: Date): string | null {
  const [kind, fanId, minute] = (seal.open(code) ?? '').split(':');
  const age = minuteOf(now) - Number(minute);
  return kind === 'member' && fanId && (age === 0 || age === 1) ? fanId : null;
}

const minuteOf = (now: Date) => Math.floor(now.getTime() / MINUTE_MS);
