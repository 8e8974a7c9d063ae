/** Times, numbers and durations in the language of the page and the city's time zone. */

import { locale, t } from "./i18n";

/** Indonesian names of time zones, which browsers abbreviate differently. */
const ZONE_NAMES: Record<string, string> = {
  "Asia/Jakarta": "WIB",
  "Asia/Pontianak": "WIB",
  "Asia/Makassar": "WITA",
  "Asia/Jayapura": "WIT",
};

/** Writes times in one time zone (IANA name). Times come in as RFC 3339 text or milliseconds since the epoch. */
export class TimeFormat {
  constructor(readonly zone: string) {}

  /** WIB, WITA or WIT; elsewhere what the browser calls the zone. */
  get suffix(): string {
    const known = ZONE_NAMES[this.zone];
    if (known) return known;
    const parts = new Intl.DateTimeFormat(locale(), { timeZone: this.zone, timeZoneName: "short" }).formatToParts(0);
    return parts.find((part) => part.type === "timeZoneName")?.value ?? this.zone;
  }

  clock(at: string | number, seconds = false): string {
    const time = this.format(at, { hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }) });
    return `${time} ${this.suffix}`;
  }

  /** Hours and minutes without the zone, for axes and rows under a heading with the zone. */
  bareClock(at: string | number): string {
    return this.format(at, { hour: "2-digit", minute: "2-digit" });
  }

  day(at: string | number): string {
    return this.format(at, { day: "numeric", month: "short" });
  }

  dayAndClock(at: string | number, seconds = false): string {
    return `${this.format(at, { day: "numeric", month: "short", year: "numeric" })}, ${this.clock(at, seconds)}`;
  }

  /** The clock; with the day where it is not the day of `now`. */
  clockAndOtherDay(at: string | number, now: number, seconds = false): string {
    const isSameDay = this.dayAndClock(at).split(",")[0] === this.dayAndClock(now).split(",")[0];
    return isSameDay ? this.clock(at, seconds) : this.dayAndClock(at, seconds);
  }

  private format(at: string | number, options: Intl.DateTimeFormatOptions): string {
    const date = new Date(at);
    return new Intl.DateTimeFormat(locale(), { timeZone: this.zone, hourCycle: "h23", ...options }).format(date);
  }
}

/** An age of less than a day as text. */
export function ago(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 2) return t("justNow");
  if (seconds < 60) return t("secondsAgo", { n: seconds });
  if (seconds < 3600) return t("minutesAgo", { n: Math.floor(seconds / 60) });
  return t("hoursAgo", { n: Math.floor(seconds / 3600) });
}

export function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return t("durationSeconds", { n: Math.round(ms / 1000) });
  if (minutes < 60) return t("durationMinutes", { n: minutes });
  return t("durationHours", { h: Math.floor(minutes / 60), m: minutes % 60 });
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

/** A fraction 0..1 as a percentage. Only 1 reads 100%, and only 0 reads 0%. */
export function percent(share: number): string {
  let rounded = Math.round(share * 100);
  if (rounded === 100 && share < 1) rounded = 99;
  if (rounded === 0 && share > 0) rounded = 1;
  return `${rounded}%`;
}
