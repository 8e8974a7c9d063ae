/** Flow of the last hours as bars, with a mark at the usual flow of that weekday and hour, and the trend in words. */

import "./trend_chart.css";

import type { Trend, TrendHour } from "../api/schema";
import { h, svg } from "../dom";
import { number, percent, type TimeFormat } from "../format";
import { t } from "../i18n";

/** Widest chart, its height, and the margins for the two axes, in units of the view box (about pixels). */
const MAX_WIDTH = 600;
const HEIGHT = 170;
const BOTTOM = 22;
const LEFT = 44;
/** Least difference from the usual flow that is named, as a share of it: below it the counts themselves vary. [assumption] */
const NAMED_SHARE = 0.15;

/** Why there is no comparison yet, or how the newest known hour compares to the usual one. */
export function trendSentence({ hours }: Trend, time: TimeFormat): string {
  const newest = [...hours].reverse().find((hour) => hour.flow_veh_h !== null);
  if (!newest || newest.flow_veh_h === null) return t("trendNone");
  if (newest.usual_veh_h === null) return t("trendNoUsual");
  const clock = time.bareClock(newest.start_at);
  if (newest.usual_veh_h === 0 && newest.flow_veh_h > 0) return t("trendBusierThanNone", { time: clock });
  const change = newest.usual_veh_h > 0 ? newest.flow_veh_h / newest.usual_veh_h - 1 : 0;
  if (Math.abs(change) < NAMED_SHARE) return t("trendUsual", { time: clock });
  return t(change > 0 ? "trendBusier" : "trendQuieter", { share: percent(Math.abs(change)), time: clock });
}

export function trendChart({ hours }: Trend, time: TimeFormat): SVGElement {
  const wide = Math.min(MAX_WIDTH, window.innerWidth - 64);
  const values = hours.flatMap(({ flow_veh_h, usual_veh_h }) => [flow_veh_h ?? 0, usual_veh_h ?? 0]);
  const top = niceTop(Math.max(10, ...values));
  const step = (wide - LEFT) / Math.max(1, hours.length);
  const scale = (HEIGHT - BOTTOM - 8) / top;
  const label = `${t("trendTitle")}. ${hours.map((hour) => describe(hour, time)).join("; ")}`;
  const chart = svg("svg", {
    viewBox: `0 0 ${wide} ${HEIGHT}`,
    class: "trend-chart",
    role: "img",
    "aria-label": label,
  });
  for (const value of [0, top / 2, top]) {
    const y = HEIGHT - BOTTOM - value * scale;
    chart.append(
      svg("line", { x1: LEFT, x2: wide, y1: y, y2: y, class: "trend-grid" }),
      svg("text", { x: LEFT - 6, y: y + 4, class: "trend-axis end" }, number(value)),
    );
  }
  hours.forEach((hour, index) => {
    const x = LEFT + index * step;
    chart.append(column(hour, { x: x + step * 0.14, width: step * 0.72, scale, time }));
    if (index % 3 === 2) {
      const at = { x: x + step / 2, y: HEIGHT - 5, class: "trend-axis middle" };
      chart.append(svg("text", at, time.bareClock(hour.start_at)));
    }
  });
  return chart;
}

export function trendLegend(): HTMLElement {
  return h(
    "ul",
    { class: "trend-legend" },
    h("li", {}, h("span", { class: "trend-swatch" }), t("trendFlow")),
    h("li", {}, h("span", { class: "trend-swatch usual" }), t("trendUsualFlow")),
  );
}

interface Slot {
  x: number;
  width: number;
  scale: number;
  time: TimeFormat;
}

function column(hour: TrendHour, { x, width, scale, time }: Slot): SVGElement {
  const group = svg("g", {}, svg("title", {}, describe(hour, time)));
  const y = (value: number): number => HEIGHT - BOTTOM - value * scale;
  if (hour.flow_veh_h !== null) {
    const height = hour.flow_veh_h * scale;
    group.append(svg("rect", { x, y: y(hour.flow_veh_h), width, height, rx: 2, class: "trend-bar" }));
  }
  if (hour.usual_veh_h !== null) {
    const at = y(hour.usual_veh_h);
    group.append(svg("line", { x1: x - 2, x2: x + width + 2, y1: at, y2: at, class: "trend-usual" }));
  }
  return group;
}

function describe(hour: TrendHour, time: TimeFormat): string {
  const flow = hour.flow_veh_h === null ? t("minuteMissing") : t("trendVehicles", { n: number(hour.flow_veh_h) });
  const usual = hour.usual_veh_h === null ? "" : `, ${t("trendUsualValue", { n: number(hour.usual_veh_h) })}`;
  return `${time.bareClock(hour.start_at)}: ${flow}${usual}`;
}

/** The smallest of 1, 2, 4, 6, 8, 10 times a power of ten that is not below `value`. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((factor) => factor * power).find((top) => top >= value) ?? 10 * power;
}
