/** Small bridges between TypeScript and PostgreSQL's arrays. */

/** Keys or codes as a PostgreSQL array literal, to be cast: `${arrayOf(ids)}::bigint[]`. */
export const arrayOf = (values: readonly string[]): string =>
  `{${values.map((value) => `"${value.replace(/(["\\])/g, '\\$1')}"`).join(',')}}`;
