/** The charts and the table of one history. */

import "./data_table.css";
import "./road_user_colors.css";
import "./history_charts.css";

import type { History, HistoryRow } from "../api/schema";
import type { AppContext } from "../app_context";
import { h } from "../dom";
import { sightMessage, sightName } from "../explanations";
import { number, percent } from "../format";
import { axisText, cellText, chartMeasures, columnHeading, columnMeasures } from "../history/measures";
import { label, localized, t } from "../i18n";
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
    ...chartMeasures().map(
      (measure): Chart => ({
        title: localized(measure.name),
        unit: measure.unit ? localized(measure.unit) : "",
        rows,
        time,
        kind: "line",
        series: [
          {
            name: localized(measure.name),
            color: measure.color,
            values: rows.map((row) => row[measure.field]),
          },
        ],
        write: (value) => axisText(measure, value),
      }),
    ),
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

/** Explains the dots of the charts; null where the detector saw what moved all the time. */
export function sightNote({ rows }: History): HTMLElement | null {
  return rows.some((row) => sightMessage(row.sight) !== null) ? h("p", { class: "hint" }, t("sightNote")) : null;
}

/** A column of the table. Words are aligned left, figures right. */
interface Column {
  heading: string;
  words?: boolean;
  /** Null where the value is not known. */
  text: (row: HistoryRow) => string | null;
}

function columnsOf({ city }: AppContext, { zone, rows }: History): Column[] {
  const classes = presentClasses(
    city.classes,
    rows.map((row) => row.counts),
  );
  const sight: Column = { heading: t("sight"), words: true, text: (row) => sightName(row.sight) };
  const level: Column = { heading: t("level"), words: true, text: (row) => levelName(row.level) };
  return [
    { heading: t("coverage"), text: (row) => percent(row.coverage) },
    ...(rows.some((row) => row.sight !== null) ? [sight] : []),
    ...classes.map((name) => ({
      heading: label(name),
      text: ({ counts }: HistoryRow) => counts && number(counts[name] ?? 0),
    })),
    ...(zone === null ? [] : [level]),
    ...columnMeasures(rows).map((measure) => ({
      heading: columnHeading(measure),
      text: (row: HistoryRow) => cellText(measure, row),
    })),
  ];
}

/** The rows are added when the table is opened, because there may be thousands. */
export function historyTable(app: AppContext, history: History): HTMLElement {
  const { time } = app;
  const columns = columnsOf(app, history);
  const alignment = ({ words }: Column): string => (words ? "" : "numeric");
  const head = h(
    "tr",
    {},
    h("th", { scope: "col" }, `${t("time")} (${time.suffix})`),
    ...columns.map((column) => h("th", { scope: "col", class: alignment(column) }, column.heading)),
  );
  const tableRow = (row: HistoryRow): HTMLElement =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, `${time.day(row.start_at)}, ${time.bareClock(row.start_at)}`),
      ...columns.map((column) => h("td", { class: alignment(column) }, column.text(row) ?? t("noValue"))),
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
  details.addEventListener("toggle", () => body.append(...history.rows.map(tableRow)), { once: true });
  return details;
}
