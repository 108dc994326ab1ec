/**
 * Contestants take turns, A B C A B C, so that whatever disturbs the machine for a while disturbs all of them. The first
 * round warms up and does not count.
 */
export async function interleave<Name extends string, Figures>(
  names: readonly Name[],
  rounds: number,
  measure: (name: Name, round: number) => Promise<Figures>,
): Promise<Record<Name, Figures[]>> {
  const figures = Object.fromEntries(names.map((name) => [name, [] as Figures[]])) as Record<Name, Figures[]>;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const measured = await measure(name, round);
      if (round > 0) figures[name].push(measured);
    }
  }
  return figures;
}
