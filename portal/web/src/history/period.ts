/** Periods and intervals of the history page. */

import { parseLocal, startOfDay } from "../timezone";

export type Preset = "today" | "yesterday" | "sevenDays" | "custom";
export const PRESETS: readonly Preset[] = ["today", "yesterday", "sevenDays", "custom"];
export const INTERVALS = [60, 300, 900, 3600, 86400] as const;
export type Interval = (typeof INTERVALS)[number];

export interface Period {
  from: number;
  to: number;
}

/** More rows than this neither fit a screen nor a cheap phone; the CSV of a longer interval does. */
const MOST_ROWS = 2100;
const COMFORTABLE_ROWS = 200;

/** Null where the custom fields (`datetime-local`, in the city's zone) do not make a period. */
export function periodOf(preset: Preset, custom: { from: string; to: string }, now: number, zone: string): Period | null {
  if (preset === "today") return { from: startOfDay(now, zone), to: now };
  if (preset === "yesterday") return { from: startOfDay(now, zone, 1), to: startOfDay(now, zone) };
  if (preset === "sevenDays") return { from: startOfDay(now, zone, 6), to: now };
  const period = { from: parseLocal(custom.from, zone), to: parseLocal(custom.to, zone) };
  return period.to > period.from ? period : null;
}

export function possibleIntervals({ from, to }: Period): Interval[] {
  return INTERVALS.filter((interval) => (to - from) / 1000 / interval <= MOST_ROWS);
}

/** The finest interval that still reads well. */
export function usualInterval({ from, to }: Period): Interval {
  return INTERVALS.find((interval) => (to - from) / 1000 / interval <= COMFORTABLE_ROWS) ?? 86400;
}
