import type { HistoryRow } from "../api/client";

/** The share of the period that was observed; time that is still to come does not count. */
export function observedShare(rows: readonly HistoryRow[], now: number): number {
  let whole = 0;
  let seen = 0;
  for (const row of rows) {
    const start = Date.parse(row.start_at);
    const end = Date.parse(row.end_at);
    whole += Math.max(0, Math.min(end, now) - start);
    seen += (end - start) * row.coverage;
  }
  return whole > 0 ? Math.min(1, seen / whole) : 0;
}
