/**
 * Whether a heap stays flat, told from outside. Between two collections a heap rises whatever the program does: what
 * counts is the lowest that it came down to in each stretch of time, and whether a line through these rises.
 */
export interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** Less says nothing: caches fill, and code is compiled. */
const SHORTEST_MS = 3 * 60_000;
const STRETCHES = 8;
/** Of the heap, over the second half; and what is too little to be told from chance. */
const MAY_RISE = 0.15;
const CHANCE_BYTES = 12 * 2 ** 20;

/** By how many bytes the heap rose over the second half of the time; null: the time was too short to tell. */
export function riseOf(samples: readonly Sample[]): { bytes: number; flat: boolean } | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at - first.at < SHORTEST_MS) return null;
  const middle = (first.at + last.at) / 2;
  const stretch = (last.at - middle) / STRETCHES;
  const lows = Array.from({ length: STRETCHES }, (_, place) => {
    const from = middle + place * stretch;
    return Math.min(...samples.filter(({ at }) => at >= from && at <= from + stretch).map(({ bytes }) => bytes));
  });
  if (!lows.every(Number.isFinite)) return null;
  const bytes = slopeOf(lows) * (STRETCHES - 1);
  return { bytes: Math.round(bytes), flat: bytes <= Math.max(CHANCE_BYTES, MAY_RISE * lows[0]!) };
}

/** Of the line of least squares, by place. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const along = values.reduce((sum, value, place) => sum + (place - middle) * (value - mean), 0);
  return along / values.reduce((sum, _, place) => sum + (place - middle) ** 2, 0);
}
