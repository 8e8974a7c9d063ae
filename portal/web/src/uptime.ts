/** Shares, order and causes of uptime. */

import type { PeriodUptime, UptimeRow } from "./api/schema";
import { duration, number } from "./format";
import { type TextKey, t } from "./i18n";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

const CAUSE_TEXTS: Readonly<Record<string, TextKey>> = {
  camera: "gapCamera",
  link: "gapLink",
  site_power: "gapSitePower",
  worker: "gapWorker",
  maintenance: "gapMaintenance",
  view: "gapView",
  overload: "gapOverload",
  unknown: "gapUnknown",
};

/** How the unobserved time of a cause is written: as a duration of one camera, or as a share of several. */
export type AmountOf = (seconds: number, uptime: PeriodUptime) => string;

/** Observed share of the time in service; null where there is none. */
export function observedShareOf(uptime: PeriodUptime | null): number | null {
  const service = uptime === null ? 0 : serviceSeconds(uptime);
  return uptime === null || service === 0 ? null : uptime.observed_s / service;
}

/** The least observed first; those without data last. */
export function worstFirst<T extends UptimeRow & { name: string }>(rows: readonly T[]): T[] {
  const rank = (row: T): number => observedShareOf(row.total) ?? 2;
  return [...rows].sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}

/** A share with one decimal. Only 1 reads 100%, and only 0 reads 0%. */
export function exactPercent(share: number): string {
  const tenths = Math.min(Math.max(Math.round(share * 1000), share > 0 ? 1 : 0), share < 1 ? 999 : 1000);
  return `${number(tenths / 10, 1)}%`;
}

/** The time that one camera was not observed. */
export const asDuration: AmountOf = (seconds) => {
  if (seconds < 2 * DAY_S) return duration(seconds * 1000);
  return t("uptimeDays", { d: Math.floor(seconds / DAY_S), h: Math.floor((seconds % DAY_S) / HOUR_S) });
};

/** The share of the time in service of several cameras. */
export const asShare: AmountOf = (seconds, uptime) => exactPercent(seconds / serviceSeconds(uptime));

/** The cause of a gap in words. */
export function causeName(cause: string): string {
  return t(CAUSE_TEXTS[cause] ?? "gapUnknown");
}

/** Causes with their amounts, the longest first. */
export function causesText(uptime: PeriodUptime, amountOf: AmountOf): string {
  const causes = Object.entries(uptime.unobserved_s)
    .filter(([, seconds]) => seconds > 0)
    .sort(([, one], [, other]) => other - one);
  if (causes.length === 0) return t("uptimeComplete");
  const text = causes
    .map(([cause, seconds]) => t("uptimeCause", { cause: causeName(cause), amount: amountOf(seconds, uptime) }))
    .join("; ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function serviceSeconds({ observed_s, unobserved_s }: PeriodUptime): number {
  return Object.values(unobserved_s).reduce((sum, seconds) => sum + seconds, observed_s);
}
