/** Counts of the last minutes as stacked bars. An unobserved or blind minute is hatched: an empty bar means zero. */

import "./road_user_colors.css";
import "./minute_bars.css";

import type { MinuteCounts } from "../api/schema";
import { h, svg } from "../dom";
import { number, percent, type TimeFormat } from "../format";
import { label, t } from "../i18n";
import { type BarFrame, barFrame, barTime } from "./bar_frame";

/** Observed share from which a minute is not hatched. The current minute is below it until it ends. [assumption] */
const HATCHED_BELOW = 0.9;

export function minuteBars(minutes: readonly MinuteCounts[], classes: readonly string[], time: TimeFormat): SVGElement {
  const greatest = Math.max(1, ...minutes.map((minute) => totalOf(minute.counts)));
  const frame = barFrame("minute-bars", describe(minutes, time), minutes.length, greatest);
  frame.chart.append(hatchPattern());
  minutes.forEach((minute, index) => {
    frame.chart.append(column(minute, classes, frame, index, time));
    if (index % 5 === 4) frame.chart.append(barTime(frame, index, minutes.length, time.bareClock(minute.start_at)));
  });
  return frame.chart;
}

export function classLegend(classes: readonly string[]): HTMLElement {
  const items = classes.map((name) => h("li", {}, h("span", { class: `class-swatch class-${name}` }), label(name)));
  items.push(h("li", {}, h("span", { class: "class-swatch hatched" }), t("minuteMissing")));
  return h("ul", { class: "class-legend" }, ...items);
}

/** The classes that occur, in the city's order. */
export function presentClasses(all: readonly string[], counts: readonly (Record<string, number> | null)[]): string[] {
  return all.filter((name) => counts.some((each) => (each?.[name] ?? 0) > 0));
}

function column(
  minute: MinuteCounts,
  classes: readonly string[],
  { left, step, bottom, height: highest, scale }: BarFrame,
  index: number,
  time: TimeFormat,
): SVGElement {
  const [x, width] = [left + step * (index + 0.12), step * 0.76];
  const clock = time.clock(minute.start_at);
  const gap = svg("rect", { x, y: bottom - highest, width, height: highest, fill: "url(#unobserved)" });
  if (minute.counts === null) {
    return svg("g", { "data-gap": true }, svg("title", {}, `${clock}: ${t("minuteMissing")}`), gap);
  }
  const parts = classes.map((name) => `${label(name)} ${number(minute.counts?.[name] ?? 0)}`).join(", ");
  const seen = minute.observed < 1 ? ` (${t("coverage")} ${percent(minute.observed)})` : "";
  const group = svg(
    "g",
    {},
    svg("title", {}, `${clock}: ${parts}${seen}`),
    minute.observed < HATCHED_BELOW ? gap : null,
  );
  let y = bottom;
  for (const name of classes) {
    const height = (minute.counts[name] ?? 0) * scale;
    y -= height;
    if (height > 0) group.append(svg("rect", { x, y, width, height, class: `class-${name}` }));
  }
  return group;
}

function hatchPattern(): SVGElement {
  const lines = svg("path", { d: "M-2 2 2-2M0 8 8 0M6 10 10 6", class: "hatch-line" });
  return svg(
    "defs",
    {},
    svg("pattern", { id: "unobserved", width: 8, height: 8, patternUnits: "userSpaceOnUse" }, lines),
  );
}

function describe(minutes: readonly MinuteCounts[], time: TimeFormat): string {
  const parts = minutes.map((minute) => {
    const value = minute.counts === null ? t("minuteMissing") : number(totalOf(minute.counts));
    return `${time.bareClock(minute.start_at)}: ${value}`;
  });
  return `${t("recentTitle")}. ${parts.join("; ")}`;
}

/** Sum over all classes; 0 for an unobserved minute. */
export function totalOf(counts: MinuteCounts["counts"]): number {
  return Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);
}
