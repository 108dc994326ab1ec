/** The code of a reward that was issued: sealed, so that nobody can guess one, and made anew each time, so that none is stored. */
import type { Seal } from '../graphql/ids.ts';

export const issueRewardCode = (seal: Seal, redemptionId: string): string => seal.seal(`reward:${redemptionId}`);

/** The key of what was issued; null for whatever is no such code. */
export const readRewardCode = (seal: Seal, code: string): string | null =>
  /^reward:(\d+)$/.exec(seal.open(code) ?? '')?.[1] ?? null;
