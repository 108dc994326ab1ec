/**
 * Two proportions and how far apart they are, with 95 % confidence. Intervals are Wilson's (E. B. Wilson, “Probable
 * inference, the law of succession, and statistical inference”, JASA 22 (1927) 209–212); that of the difference is
 * Newcombe's hybrid of the two, his method 10 (R. G. Newcombe, “Interval estimation for the difference between
 * independent proportions: comparison of eleven methods”, Statistics in Medicine 17 (1998) 873–890). They hold for small
 * groups and for proportions near 0 and 1, where the textbook's interval does not.
 */

/** The 97.5th percentile of the normal distribution. */
const Z = 1.959963984540054;

export interface Proportion {
  readonly of: number;
  readonly hits: number;
}
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export function wilson({ of, hits }: Proportion): Interval {
  const share = hits / of;
  const spread = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  const [center, scale] = [share + (Z * Z) / (2 * of), 1 + (Z * Z) / of];
  return { low: Math.max(0, (center - spread) / scale), high: Math.min(1, (center + spread) / scale) };
}

/** Of the first less the second. */
export function difference(first: Proportion, second: Proportion): Interval & { readonly difference: number } {
  const [one, other] = [first.hits / first.of, second.hits / second.of];
  const [around, beside] = [wilson(first), wilson(second)];
  const apart = one - other;
  return {
    difference: apart,
    low: apart - Math.hypot(one - around.low, beside.high - other),
    high: apart + Math.hypot(around.high - one, other - beside.low),
  };
}
