/** Chart of a measure over time. Unobserved time is hatched; time in which the detector sees badly is dotted. */

import "uplot/dist/uPlot.min.css";
import "./chart.css";

import uPlot from "uplot";
import type { HistoryRow } from "../api/schema";
import { h } from "../dom";
import { sightMessage, sightName } from "../explanations";
import type { TimeFormat } from "../format";
import { stackSeries } from "../history/stack_series";
import { t } from "../i18n";
import { DAY_MS } from "../timezone";

export interface Series {
  name: string;
  /** Name of the CSS custom property with the colour. */
  color: string;
  values: (number | null)[];
}

export interface Chart {
  title: string;
  unit: string;
  rows: readonly HistoryRow[];
  series: readonly Series[];
  kind: "line" | "stack";
  time: TimeFormat;
  /** Formats a value, on the axis and in the legend. */
  write: (value: number) => string;
  /** Values on the axis; chosen by uPlot by default. */
  splits?: number[];
}

/** Height of a chart (pixels). */
const HEIGHT = 210;
/** Width of the vertical axis (pixels): room for the longest name of a level. */
const AXIS_WIDTH = 62;
/** Unobserved share of a bucket up to which it is not hatched. [assumption] */
const HATCHED_ABOVE = 0.1;
/** Distance of the dots over buckets in which the detector sees badly (pixels). [assumption] */
const DOT_STEP = 8;
const DAY_S = DAY_MS / 1000;

/** Returns the element and a function that destroys the chart. */
export function drawChart(chart: Chart): { element: HTMLElement; close: () => void } {
  const container = h("div", { class: "chart-plot" });
  const heading = h("h2", {}, chart.title, chart.unit ? h("span", { class: "hint" }, ` ${chart.unit}`) : null);
  const element = h("figure", { class: `chart chart-${chart.kind}`, "aria-label": chart.title }, heading, container);
  let plot: uPlot | null = null;
  const observer = new ResizeObserver(() => {
    const width = Math.floor(container.clientWidth);
    if (width < 100) return;
    if (plot) plot.setSize({ width, height: HEIGHT });
    else plot = new uPlot(options(chart, width), data(chart), container);
  });
  observer.observe(container);
  const close = (): void => {
    observer.disconnect();
    plot?.destroy();
  };
  return { element, close };
}

function data({ rows, series, kind }: Chart): uPlot.AlignedData {
  const values = series.map((each) => each.values);
  if (kind === "line") return [rows.map((row) => (seconds(row.start_at) + seconds(row.end_at)) / 2), ...values];
  return [rows.map((row) => seconds(row.start_at)), ...stackSeries(values).reverse()];
}

function options(chart: Chart, width: number): uPlot.Options {
  const { rows, time, splits } = chart;
  const first = seconds(rows[0]?.start_at ?? "");
  const last = seconds(rows[rows.length - 1]?.end_at ?? "");
  const muted = property("--muted");
  const axis = { stroke: muted, font: `12px ${getComputedStyle(document.body).fontFamily}`, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), time.zone),
    scales: {
      x: { time: true, range: [first, last] },
      y: { range: (_plot, _low, high) => [0, splits ? Math.max(...splits) : Math.max(1, high * 1.08)] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        grid: { show: false },
        space: 56,
        values: (_plot, at) => at.map((each) => timeLabel(each, last - first, time)),
      },
      {
        ...axis,
        size: AXIS_WIDTH,
        grid: { stroke: property("--line"), width: 1 },
        ...(splits && { splits: () => splits }),
        values: (_plot, at) => at.map((each) => chart.write(each)),
      },
    ],
    series: [{ label: t("time"), value: (_plot, at) => bucketLabel(at, chart) }, ...seriesOptions(chart)],
    cursor: { drag: { x: false, y: false }, points: { show: chart.kind === "line" }, sync: { key: "history" } },
    hooks: { drawClear: [(plot) => hatch(plot, rows), (plot) => dot(plot, rows)] },
  };
}

function seriesOptions(chart: Chart): uPlot.Series[] {
  const bars = uPlot.paths.bars;
  const each = chart.series.map((series): uPlot.Series => {
    const color = property(series.color);
    const style: uPlot.Series =
      chart.kind === "stack" && bars
        ? {
            fill: color,
            stroke: color,
            width: 0,
            paths: bars({ size: [0.86, Infinity], align: 1 }),
            points: { show: false },
          }
        : { stroke: color, width: 2, points: { fill: color, size: 5 } };
    return {
      ...style,
      label: series.name,
      spanGaps: false,
      value: (_plot, _sum, _s, i) => legendValue(chart, series, i),
    };
  });
  return chart.kind === "stack" ? each.reverse() : each;
}

function legendValue(chart: Chart, series: Series, index: number | null): string {
  if (index === null) return t("noValue");
  const value = series.values[index];
  return value === null || value === undefined ? t("minuteMissing") : chart.write(value);
}

function bucketLabel(at: number | null, { rows, time }: Chart): string {
  if (at === null) return t("noValue");
  const row = rows.find((each) => seconds(each.end_at) > at);
  if (!row) return t("noValue");
  const span = `${time.day(row.start_at)} ${time.bareClock(row.start_at)}–${time.clock(row.end_at)}`;
  return sightMessage(row.sight) ? `${span} (${sightName(row.sight)})` : span;
}

function timeLabel(at: number, span: number, time: TimeFormat): string {
  const clock = time.bareClock(at * 1000);
  if (span <= DAY_S * 1.1) return clock;
  const midnight = /^0?0\D00$/.test(clock);
  return midnight || span > DAY_S * 8 ? time.day(at * 1000) : clock;
}

/** Hatches the unobserved share at the end of every bucket. */
function hatch(plot: uPlot, rows: readonly HistoryRow[]): void {
  const { ctx, bbox } = plot;
  const scale = uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  for (const row of rows) {
    const missing = 1 - row.coverage;
    if (missing <= HATCHED_ABOVE) continue;
    const [start, end] = [seconds(row.start_at), seconds(row.end_at)];
    const left = plot.valToPos(end - (end - start) * missing, "x", true);
    ctx.rect(left, bbox.top, plot.valToPos(end, "x", true) - left, bbox.height);
  }
  ctx.clip();
  ctx.beginPath();
  for (let x = bbox.left - bbox.height; x < bbox.left + bbox.width; x += 7 * scale) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.strokeStyle = property("--hatch");
  ctx.lineWidth = 1.5 * scale;
  ctx.stroke();
  ctx.restore();
}

/** Dots the buckets in which the detector does not see all that moves. */
function dot(plot: uPlot, rows: readonly HistoryRow[]): void {
  const { ctx, bbox } = plot;
  const step = DOT_STEP * uPlot.pxRatio;
  ctx.save();
  ctx.fillStyle = property("--muted");
  for (const row of rows) {
    if (sightMessage(row.sight) === null) continue;
    const right = plot.valToPos(seconds(row.end_at), "x", true);
    const first = Math.ceil(plot.valToPos(seconds(row.start_at), "x", true) / step) * step;
    for (let x = first; x < right; x += step) {
      for (let y = bbox.top + step / 2; y < bbox.top + bbox.height; y += step) {
        ctx.fillRect(x, y, 2 * uPlot.pxRatio, 2 * uPlot.pxRatio);
      }
    }
  }
  ctx.restore();
}

function seconds(at: string): number {
  return Date.parse(at) / 1000;
}

function property(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
