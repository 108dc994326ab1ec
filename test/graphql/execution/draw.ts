/** Choices of fast-check, made one by one, so that what fails shrinks. */
import fc from 'fast-check';

export interface Draw {
  /** From 0, below the bound. */
  below(bound: number): number;
  from<T>(values: readonly T[]): T;
  /** Once in so many times. */
  chance(times: number): boolean;
}

/** What `make` makes of its choices. */
export const drawn = <T>(make: (draw: Draw) => T): fc.Arbitrary<T> =>
  fc.gen().map((gen) => {
    const below = (bound: number) => gen(fc.nat, { max: bound - 1 });
    return make({
      below,
      from: (values) => values[below(values.length)]!,
      chance: (times) => below(times) === times - 1,
    });
  });
