/** Sums from the first series up, so that each can be drawn behind the one below it. */
export function stacked(values: readonly (number | null)[][]): (number | null)[][] {
  let below: (number | null)[] | null = null;
  return values.map((row) => {
    const sums = row.map((value, i) => (value === null ? null : value + (below?.[i] ?? 0)));
    below = sums;
    return sums;
  });
}
