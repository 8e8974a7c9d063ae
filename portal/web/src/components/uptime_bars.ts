/** Bars of uptime, one for each day or month: the observed share from the bottom, the rest above it. */

import "./uptime_bars.css";

import type { PeriodUptime } from "../api/schema";
import { svg } from "../dom";
import { t } from "../i18n";
import { exactPercent, observedShareOf } from "../uptime";

/** Height of the bars, width of a bar and step from one to the next, in units of the view box. */
const HEIGHT = 24;
const BAR = 8;
const STEP = 10;
/** Height of a period without data. */
const EMPTY = 2;
/** Least height of an unobserved part, so that a minute is visible. */
const LEAST = 1.5;
/** Periods that the text for screen readers names. */
const NAMED = 5;

/** names: of the periods, in the language of the page. */
export function uptimeBars(periods: readonly (PeriodUptime | null)[], names: readonly string[]): SVGElement {
  const shares = periods.map(observedShareOf);
  const parts = { observed: "", lost: "", empty: "" };
  shares.forEach((share, index) => {
    const x = index * STEP;
    if (share === null) parts.empty += box(x, HEIGHT - EMPTY, EMPTY);
    else {
      const lost = share < 1 ? Math.max(LEAST, (1 - share) * HEIGHT) : 0;
      parts.lost += box(x, 0, lost);
      parts.observed += box(x, lost, HEIGHT - lost);
    }
  });
  return svg(
    "svg",
    {
      viewBox: `0 0 ${Math.max(1, shares.length * STEP - (STEP - BAR))} ${HEIGHT}`,
      preserveAspectRatio: "none",
      class: "uptime-bars",
      role: "img",
      "aria-label": description(shares, names),
    },
    svg("path", { d: parts.observed, class: "uptime-observed" }),
    svg("path", { d: parts.lost, class: "uptime-lost" }),
    svg("path", { d: parts.empty, class: "uptime-empty" }),
  );
}

function box(x: number, y: number, height: number): string {
  return height > 0 ? `M${x} ${y.toFixed(2)}h${BAR}v${height.toFixed(2)}h-${BAR}z` : "";
}

function description(shares: readonly (number | null)[], names: readonly string[]): string {
  const worst = shares
    .flatMap((share, index) => (share !== null && share < 1 ? [{ share, index }] : []))
    .sort((one, other) => one.share - other.share)
    .slice(0, NAMED);
  if (worst.length > 0) {
    return t("uptimeWorst", {
      list: worst.map(({ share, index }) => `${names[index]} ${exactPercent(share)}`).join(", "),
    });
  }
  return t(shares.every((share) => share === null) ? "uptimeNoData" : "uptimeComplete");
}
