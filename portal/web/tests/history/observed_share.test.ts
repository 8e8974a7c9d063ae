import { expect, it } from "vitest";
import type { HistoryRow } from "../../src/api/schema";
import { observedShare } from "../../src/history/observed_share";

function row(start: string, end: string, coverage: number): HistoryRow {
  return { start_at: start, end_at: end, coverage } as HistoryRow;
}

it("counts gaps as unobserved, and leaves out the future", () => {
  const rows = [
    row("2026-11-22T00:00Z", "2026-11-22T01:00Z", 1),
    row("2026-11-22T01:00Z", "2026-11-22T02:00Z", 0),
    row("2026-11-22T02:00Z", "2026-11-22T03:00Z", 0.5),
  ];
  expect(observedShare(rows, Date.parse("2026-11-22T02:30Z"))).toBeCloseTo(1.5 / 2.5);
});

it("is zero without rows", () => {
  expect(observedShare([], 0)).toBe(0);
});
