/**
 * Numbers of fans as a partner may know them: rounded down to tens, and none at all below the audience minimum, so that
 * no number is about somebody.
 */
export const AUDIENCE_MINIMUM = 20;
const BUCKET = 10;

/** Null: fewer than the minimum. */
export const toBucket = (fans: number): number | null => (fans < AUDIENCE_MINIMUM ? null : roundDown(fans));

export const roundDown = (count: number): number => Math.floor(count / BUCKET) * BUCKET;
