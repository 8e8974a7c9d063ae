/** The page of the quality of incidents, for police: precision, false alarms, delays and alarm load. */

import "../components/data_table.css";
import "./incident_quality.css";

import { get } from "../api/client";
import type { QualityReport, QualityRow, TypeThreshold } from "../api/schema";
import type { AppContext, Page } from "../app_context";
import { factList } from "../components/camera_facts";
import { failure, loading, notice } from "../components/notice";
import { type Child, fill, h } from "../dom";
import { duration, number, percent } from "../format";
import { label, type TextKey, t } from "../i18n";
import { siteAddress } from "../site_root";

/** Lengths of the period that can be chosen, days. [source: the limit of /api/incidents/quality is 92] */
const PERIODS = [7, 30, 90];

export async function openIncidentQuality(_app: AppContext): Promise<Page> {
  const page = new QualityPage();
  await page.load();
  return page;
}

class QualityPage implements Page {
  readonly title = t("qualityTitle");
  readonly element: HTMLElement;
  private readonly choice = h("select", { change: () => void this.load() });
  private readonly result = h("div", { class: "quality-report", "aria-live": "polite" });
  /** Number of the latest request. The answer to an earlier request is dropped. */
  private requestId = 0;

  constructor() {
    const options = PERIODS.map((n) => h("option", { value: n, selected: n === 30 }, t("qualityDays", { n })));
    this.choice.append(...options);
    this.element = h(
      "div",
      { class: "page" },
      h("h1", {}, t("qualityTitle")),
      h("a", { href: siteAddress("/kejadian") }, t("backToList")),
      h("label", { class: "field" }, t("period"), this.choice),
      this.result,
    );
  }

  close(): void {
    this.requestId += 1;
  }

  async load(): Promise<void> {
    this.requestId += 1;
    const requestId = this.requestId;
    fill(this.result, loading());
    try {
      const report = await get("/api/incidents/quality", { query: { days: Number(this.choice.value) } });
      if (requestId === this.requestId) fill(this.result, ...sections(report));
    } catch (error) {
      const failed = failure(error, () => void this.load());
      if (requestId === this.requestId) fill(this.result, failed);
    }
  }
}

function sections(report: QualityReport): HTMLElement[] {
  const load = factList([
    [t("qualityAlarms"), number(report.alarms)],
    [t("qualityOperators"), number(report.operators)],
    [t("qualityMean"), number(report.alarms_per_ten_minutes, 4)],
    [t("qualityBusiest"), number(report.busiest_ten_minutes)],
  ]);
  const sectionOf = (title: TextKey, ...content: Child[]): HTMLElement =>
    h("section", { class: "card" }, h("h2", {}, t(title)), ...content);
  const thresholds = h("ul", {}, ...report.thresholds.map((each) => h("li", {}, thresholdText(each))));
  return [
    sectionOf("qualityLoad", load, h("p", { class: "hint" }, t("qualityWanted"))),
    sectionOf("qualityBySite", report.rows.length ? table(report.rows) : notice(t("incidentsNone"))),
    sectionOf("qualityThresholds", thresholds, h("p", { class: "hint" }, t("qualityThresholdHint"))),
  ];
}

/** Columns: heading, and the value of a row. */
const COLUMNS: readonly [TextKey, (row: QualityRow) => string][] = [
  ["qualityRaised", ({ raised }) => number(raised)],
  ["qualityReal", ({ confirmed }) => number(confirmed)],
  ["qualityFalse", ({ rejected }) => number(rejected)],
  ["qualityPrecision", ({ precision }) => (precision === null ? t("noValue") : percent(precision))],
  ["qualityFalsePerDay", ({ false_per_day }) => number(false_per_day, 2)],
  ["qualityDelay", ({ delay_s }) => durationOr(delay_s)],
  ["qualityAcknowledged", ({ acknowledge_s }) => durationOr(acknowledge_s)],
];

function table(rows: readonly QualityRow[]): HTMLElement {
  const heading = (name: TextKey, numeric: boolean): HTMLElement =>
    h("th", { scope: "col", class: numeric ? "numeric" : null }, t(name));
  const head = h("tr", {}, heading("place", false), heading("type", false));
  head.append(...COLUMNS.map(([name]) => heading(name, true)));
  const body = rows.map((row) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, row.site),
      h("td", {}, label(row.type)),
      ...COLUMNS.map(([, text]) => h("td", { class: "numeric" }, text(row))),
    ),
  );
  const whole = h("table", {}, h("thead", {}, head), h("tbody", {}, ...body));
  return h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": t("qualityBySite") }, whole);
}

function thresholdText({ type, verdicts, confidence, precision, kept }: TypeThreshold): string {
  const values = { type: label(type), verdicts: number(verdicts) };
  if (confidence === null || precision === null || kept === null) return t("qualityNoThreshold", values);
  const shares = { confidence: percent(confidence), precision: percent(precision), kept: percent(kept) };
  return t("qualityThreshold", { ...values, ...shares });
}

function durationOr(seconds: number | null): string {
  return seconds === null ? t("noValue") : duration(1000 * seconds);
}
