/** The charts and the table of one history. */

import "./data_table.css";
import "./road_user_colors.css";
import "./history_charts.css";

import type { History, HistoryRow } from "../api/schema";
import type { AppContext } from "../app_context";
import { h } from "../dom";
import { number, percent } from "../format";
import { label, t } from "../i18n";
import { KNOWN_LEVELS } from "../levels";
import { type Chart, drawChart, type Series } from "./chart";
import { levelName } from "./level_badge";
import { presentClasses } from "./minute_bars";

export function hasData(history: History): boolean {
  return history.rows.some((row) => row.coverage > 0);
}

export function historyCharts(app: AppContext, { rows }: History): { element: HTMLElement; close: () => void } {
  const drawn = chartsOf(app, rows).map(drawChart);
  return {
    element: h("div", { class: "history-charts" }, ...drawn.map((each) => each.element)),
    close: () => {
      for (const chart of drawn) chart.close();
    },
  };
}

function chartsOf(app: AppContext, rows: readonly HistoryRow[]): Chart[] {
  const { time } = app;
  const line = (title: string, unit: string, color: string, pick: (row: HistoryRow) => number | null): Chart => ({
    title,
    unit,
    rows,
    time,
    kind: "line",
    series: [{ name: title, color, values: rows.map(pick) }],
  });
  const charts: Chart[] = [
    {
      title: t("countsByClass"),
      unit: "",
      rows,
      time,
      kind: "stack",
      series: classSeries(app, rows),
      write: (n) => number(n),
    },
    {
      title: t("levelOverTime"),
      unit: "",
      rows,
      time,
      kind: "stack",
      series: levelSeries(rows),
      splits: [0, ...KNOWN_LEVELS.map((_level, i) => i + 1)],
      write: levelAt,
    },
    line(t("flow"), t("unitFlow"), "--class-car", (row) => row.flow_veh_h),
    line(t("speed"), t("unitSpeed"), "--class-truck", (row) => row.speed_kmh),
    { ...line(t("relativeSpeed"), "", "--class-truck", (row) => row.relative_speed), write: percent },
    { ...line(t("occupancy"), "", "--class-bus", (row) => row.occupancy), write: percent },
    line(t("smpFlow"), t("unitSmp"), "--class-car", (row) => row.smp_h),
    {
      ...line(t("saturation"), "DJ = q/C", "--class-bus", (row) => row.saturation),
      write: (share) => number(share, 2),
    },
    line(t("headway"), t("unitHeadway"), "--class-motorcycle", (row) => row.headway_median_s),
    { ...line(t("shortHeadways"), "", "--class-motorcycle", (row) => row.headway_under_2s), write: percent },
  ];
  return charts.filter(({ series }) => series.some(({ values }) => values.some((value) => value !== null)));
}

function classSeries({ city }: AppContext, rows: readonly HistoryRow[]): Series[] {
  return presentClasses(
    city.classes,
    rows.map((row) => row.counts),
  ).map((name) => ({
    name: label(name),
    color: `--class-${name}`,
    values: rows.map((row) => row.counts?.[name] ?? (row.counts ? 0 : null)),
  }));
}

/** One series for each level, so that each has its colour. The height is the position in KNOWN_LEVELS, from 1. */
function levelSeries(rows: readonly HistoryRow[]): Series[] {
  if (rows.every((row) => row.level === "unknown")) return [];
  return KNOWN_LEVELS.map((level, i) => ({
    name: levelName(level),
    color: `--${level}`,
    values: rows.map((row) => (row.level === level ? i + 1 : null)),
  }));
}

function levelAt(height: number): string {
  const level = KNOWN_LEVELS[height - 1];
  return level ? levelName(level) : "";
}

/** A note for passenger-car units that rest on emp weights without official confirmation; null without such. */
export function empNote({ rows }: History): HTMLElement | null {
  return rows.some((row) => row.emp_verified === false) ? h("p", { class: "hint" }, t("empUnverified")) : null;
}

/** A column that is shown only if a row has a value for it. */
interface Column {
  heading: string;
  text: (row: HistoryRow) => string | null;
  /** Words are aligned left, figures right. */
  words?: boolean;
}

function furtherColumns(history: History): Column[] {
  const figure = (n: number | null, digits: number): string | null => (n === null ? null : number(n, digits));
  const columns: Column[] = [
    { heading: t("level"), text: (row) => (history.zone ? levelName(row.level) : null), words: true },
    { heading: `${t("smpFlow")} (${t("unitSmp")})`, text: (row) => figure(row.smp_h, 0) },
    { heading: "DJ", text: (row) => figure(row.saturation, 2) },
    { heading: t("levelOfService"), text: (row) => row.level_of_service },
    { heading: `${t("headway")} (${t("unitHeadway")})`, text: (row) => figure(row.headway_median_s, 1) },
    {
      heading: t("shortHeadways"),
      text: (row) => (row.headway_under_2s === null ? null : percent(row.headway_under_2s)),
    },
  ];
  return columns.filter(({ text }) => history.rows.some((row) => text(row) !== null));
}

export function historyTable(app: AppContext, history: History): HTMLElement {
  const { rows } = history;
  const { time } = app;
  const classes = presentClasses(
    app.city.classes,
    rows.map((row) => row.counts),
  );
  const further = furtherColumns(history);
  const heading = (text: string, of = "numeric"): HTMLElement => h("th", { scope: "col", class: of }, text);
  const head = h(
    "tr",
    {},
    heading(`${t("time")} (${time.suffix})`, ""),
    heading(t("coverage")),
    ...classes.map((name) => heading(label(name))),
    heading(`${t("flow")} (${t("unitFlow")})`),
    heading(`${t("speed")} (${t("unitSpeed")})`),
    ...further.map((column) => heading(column.heading, column.words ? "" : "numeric")),
  );
  const body = h("tbody");
  const details = h(
    "details",
    { class: "card history-table" },
    h("summary", {}, t("table")),
    h(
      "div",
      { class: "table-scroll", tabindex: 0, role: "region", "aria-label": t("table") },
      h("table", {}, h("thead", {}, head), body),
    ),
  );
  details.addEventListener("toggle", () => body.append(...rows.map((row) => tableRow(app, row, classes, further))), {
    once: true,
  });
  return details;
}

function tableRow(
  { time }: AppContext,
  row: HistoryRow,
  classes: readonly string[],
  further: readonly Column[],
): HTMLElement {
  const figure = (text: string): HTMLElement => h("td", { class: "numeric" }, text);
  const value = (n: number | null, digits: number): HTMLElement =>
    figure(n === null ? t("noValue") : number(n, digits));
  const count = (counts: HistoryRow["counts"], name: string): HTMLElement =>
    value(counts ? (counts[name] ?? 0) : null, 0);
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, `${time.day(row.start_at)}, ${time.bareClock(row.start_at)}`),
    figure(percent(row.coverage)),
    ...classes.map((name) => count(row.counts, name)),
    value(row.flow_veh_h, 0),
    value(row.speed_kmh, 1),
    ...further.map(({ text, words }) => h("td", { class: words ? "" : "numeric" }, text(row) ?? t("noValue"))),
  );
}
