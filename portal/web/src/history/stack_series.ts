/** Cumulative sums for stacked charts. */

/** Running sums: each series plus all series before it. Null stays null. */
export function stackSeries(values: readonly (number | null)[][]): (number | null)[][] {
  let below: (number | null)[] | null = null;
  return values.map((row) => {
    const sums = row.map((value, i) => (value === null ? null : value + (below?.[i] ?? 0)));
    below = sums;
    return sums;
  });
}
