/** The city's calendar: days and `datetime-local` fields are in the city's time zone, not in that of the browser. */

/** Milliseconds of 24 hours; a day on which clocks change is longer or shorter. */
export const DAY_MS = 86_400_000;

/** Offset of a time zone from UTC at an instant (ms, positive to the east). */
function offset(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const field = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const wall = Date.UTC(
    field("year"),
    field("month") - 1,
    field("day"),
    field("hour"),
    field("minute"),
    field("second"),
  );
  return wall - Math.floor(at / 1000) * 1000;
}

/**
 * The instant of a `datetime-local` value (`2026-11-22T07:30`) in a zone; NaN for any other text. Where the clock shows a
 * time twice it is the first; a time that the clock skips counts from before.
 */
export function parseLocal(value: string, zone: string): number {
  const wall = Date.parse(`${value}Z`);
  if (Number.isNaN(wall)) return Number.NaN;
  const before = wall - offset(wall - DAY_MS, zone);
  const after = wall - offset(wall + DAY_MS, zone);
  return [before, after].find((at) => at + offset(at, zone) === wall) ?? before;
}

/** The `datetime-local` value of an instant in a zone, to the minute. */
export function toLocal(at: number, zone: string): string {
  return new Date(at + offset(at, zone)).toISOString().slice(0, 16);
}

/** The start of a day in a zone. daysBack: 0 for the day of `at`, 1 for the day before. */
export function startOfDay(at: number, zone: string, daysBack = 0): number {
  const day = toLocal(at, zone).slice(0, 10);
  const back = new Date(Date.parse(`${day}T00:00Z`) - daysBack * DAY_MS).toISOString().slice(0, 10);
  return parseLocal(`${back}T00:00`, zone);
}
