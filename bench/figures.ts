/** What rounds come to. A median of rounds stands for a contestant; ratios are taken between medians of one run. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** To three significant digits, or whole above a thousand. @throws RangeError of nothing. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('There is no spread of nothing.');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { min: rounded(sorted[0]!), median: rounded(median), max: rounded(sorted.at(-1)!) };
}

/** How many times `a` is of `b`, by their medians. */
export const ratio = (a: Spread, b: Spread): number => rounded(a.median / b.median);

export function rounded(value: number): number {
  return Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(3));
}

/** For people: `12,300 (11,900 to 12,700)`. */
export const inWords = ({ min, median, max }: Spread): string =>
  `${median.toLocaleString('en')} (${min.toLocaleString('en')} to ${max.toLocaleString('en')})`;
