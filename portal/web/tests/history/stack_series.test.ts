import { expect, it } from "vitest";
import { stackSeries } from "../../src/history/stack_series";

it("adds up series from the first on, and keeps gaps", () => {
  const series = [
    [1, null, 3],
    [4, null, 0],
  ];
  expect(stackSeries(series)).toEqual([
    [1, null, 3],
    [5, null, 3],
  ]);
});
