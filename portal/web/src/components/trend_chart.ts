/** Flow of the last hours as bars, with a mark at the usual flow of that weekday and hour, and the trend in words. */

import "./trend_chart.css";

import type { Trend, TrendHour } from "../api/schema";
import { h, svg } from "../dom";
import { number, percent, type TimeFormat } from "../format";
import { t } from "../i18n";
import { type BarFrame, barFrame, barTime } from "./bar_frame";

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
  const values = hours.flatMap(({ flow_veh_h, usual_veh_h }) => [flow_veh_h ?? 0, usual_veh_h ?? 0]);
  const description = `${t("trendTitle")}. ${hours.map((hour) => describe(hour, time)).join("; ")}`;
  const frame = barFrame("trend-chart", description, hours.length, Math.max(10, ...values));
  hours.forEach((hour, index) => {
    frame.chart.append(column(hour, frame, index, time));
    if (index % 3 === 2) frame.chart.append(barTime(frame, index, hours.length, time.bareClock(hour.start_at)));
  });
  return frame.chart;
}

export function trendLegend(): HTMLElement {
  return h(
    "ul",
    { class: "trend-legend" },
    h("li", {}, h("span", { class: "trend-swatch" }), t("trendFlow")),
    h("li", {}, h("span", { class: "trend-swatch usual" }), t("trendUsualFlow")),
  );
}

function column(hour: TrendHour, { left, step, bottom, scale }: BarFrame, index: number, time: TimeFormat): SVGElement {
  const [x, width] = [left + step * (index + 0.14), step * 0.72];
  const group = svg("g", {}, svg("title", {}, describe(hour, time)));
  const y = (value: number): number => bottom - value * scale;
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
