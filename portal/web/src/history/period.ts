/** Periods and intervals of the history page. */

import { type Interval, intervalValues } from "../api/schema";
import { parseLocal, startOfDay } from "../timezone";

export type { Interval } from "../api/schema";
export type Preset = "today" | "yesterday" | "sevenDays" | "custom";
export const PRESETS: readonly Preset[] = ["today", "yesterday", "sevenDays", "custom"];

/** Start and end, ms since the Unix epoch. */
export interface Period {
  from: number;
  to: number;
}

/** Most rows of one page. [assumption: a table of a week in intervals of 5 minutes] */
const MAX_ROWS = 2100;
/** Most rows of a chart that is easy to read. [assumption] */
const COMFORTABLE_ROWS = 200;
/** Seconds. */
const LONGEST_INTERVAL = Math.max(...intervalValues) as Interval;

/** Null if the custom fields (`datetime-local`, in the city's time zone) do not make a period. */
export function periodOf(
  preset: Preset,
  custom: { from: string; to: string },
  now: number,
  zone: string,
): Period | null {
  if (preset === "today") return { from: startOfDay(now, zone), to: now };
  if (preset === "yesterday") return { from: startOfDay(now, zone, 1), to: startOfDay(now, zone) };
  if (preset === "sevenDays") return { from: startOfDay(now, zone, 6), to: now };
  const period = { from: parseLocal(custom.from, zone), to: parseLocal(custom.to, zone) };
  return period.to > period.from ? period : null;
}

/** Intervals that split the period into at most MAX_ROWS rows. */
export function possibleIntervals({ from, to }: Period): Interval[] {
  return intervalValues.filter((interval) => (to - from) / 1000 / interval <= MAX_ROWS);
}

/** The shortest interval that makes at most COMFORTABLE_ROWS rows. */
export function usualInterval({ from, to }: Period): Interval {
  return intervalValues.find((interval) => (to - from) / 1000 / interval <= COMFORTABLE_ROWS) ?? LONGEST_INTERVAL;
}
