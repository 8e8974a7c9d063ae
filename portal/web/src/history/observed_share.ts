/** Observed share of a period. */

import type { HistoryRow } from "../api/schema";

/** 0..1 over all rows. Time after `now` (ms since the epoch) does not count. */
export function observedShare(rows: readonly HistoryRow[], now: number): number {
  let elapsed = 0;
  let observed = 0;
  for (const row of rows) {
    const start = Date.parse(row.start_at);
    const end = Date.parse(row.end_at);
    elapsed += Math.max(0, Math.min(end, now) - start);
    observed += (end - start) * row.coverage;
  }
  return elapsed > 0 ? Math.min(1, observed / elapsed) : 0;
}
