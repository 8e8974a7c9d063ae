/** Counts of the last minutes as stacked bars. An unobserved or blind minute is hatched: an empty bar means zero. */

import "./road_user_colors.css";
import "./minute_bars.css";

import type { MinuteCounts } from "../api/schema";
import { h, svg } from "../dom";
import { number, percent, type TimeFormat } from "../format";
import { label, t } from "../i18n";

/** Widest chart, its height, and the margins for the two axes, in units of the view box (about pixels). */
const MAX_WIDTH = 600;
const HEIGHT = 180;
const BOTTOM = 22;
const LEFT = 34;
/** Observed share from which a minute is not hatched. The current minute is below it until it ends. [assumption] */
const HATCHED_BELOW = 0.9;

export function minuteBars(minutes: readonly MinuteCounts[], classes: readonly string[], time: TimeFormat): SVGElement {
  const wide = Math.min(MAX_WIDTH, window.innerWidth - 64);
  const top = niceTop(Math.max(1, ...minutes.map((minute) => totalOf(minute.counts))));
  const step = (wide - LEFT) / Math.max(1, minutes.length);
  const scale = (HEIGHT - BOTTOM - 8) / top;
  const chart = svg("svg", {
    viewBox: `0 0 ${wide} ${HEIGHT}`,
    class: "minute-bars",
    role: "img",
    "aria-label": describe(minutes, time),
  });
  chart.append(hatchPattern());
  for (const value of [0, top / 2, top]) {
    const y = HEIGHT - BOTTOM - value * scale;
    chart.append(
      svg("line", { x1: LEFT, x2: wide, y1: y, y2: y, class: "grid-line" }),
      svg("text", { x: LEFT - 6, y: y + 4, class: "axis-label end" }, number(value)),
    );
  }
  minutes.forEach((minute, index) => {
    const x = LEFT + index * step;
    chart.append(column(minute, classes, { x: x + step * 0.12, width: step * 0.76, scale, time }));
    if (index % 5 === 4) {
      const last = index === minutes.length - 1;
      const at = { x: last ? wide : x + step / 2, y: HEIGHT - 5, class: last ? "axis-label end" : "axis-label middle" };
      chart.append(svg("text", at, time.bareClock(minute.start_at)));
    }
  });
  return chart;
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

interface Slot {
  x: number;
  width: number;
  scale: number;
  time: TimeFormat;
}

function column(minute: MinuteCounts, classes: readonly string[], { x, width, scale, time }: Slot): SVGElement {
  const clock = time.clock(minute.start_at);
  const gap = svg("rect", { x, y: 8, width, height: HEIGHT - BOTTOM - 8, fill: "url(#unobserved)" });
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
  let y = HEIGHT - BOTTOM;
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

/** The smallest of 2, 4, 6, 8, 10, 20, 40... that is not below `value`, so that half of it is whole. */
function niceTop(value: number): number {
  for (let power = 1; ; power *= 10) {
    for (const factor of [2, 4, 6, 8, 10]) if (factor * power >= value) return factor * power;
  }
}
