/** The public page of uptime: how much of the time each camera, site and owner was observed, and why not more. */

import "./uptime.css";

import { get } from "../api/client";
import type { CameraUptime, UptimeReport, UptimeRow } from "../api/schema";
import type { AppContext, Page } from "../app_context";
import { failure, loading, notice } from "../components/notice";
import { type RowStyle, uptimeRow } from "../components/uptime_row";
import { fill, h } from "../dom";
import { locale, type TextKey, t } from "../i18n";
import { siteAddress } from "../site_root";
import { asDuration, asShare, worstFirst } from "../uptime";

const LAST_DAYS = "30d";
const YEAR = "12m";
/** What the rows are, and the text of each choice. */
const ORDERS = { camera: "camera", site: "site", owner: "owner" } as const satisfies Record<string, TextKey>;
type Order = keyof typeof ORDERS;

export async function openUptime(app: AppContext): Promise<Page> {
  const page = new UptimePage(app);
  await page.load();
  return page;
}

class UptimePage implements Page {
  readonly title = t("uptimeTitle");
  readonly element: HTMLElement;
  private readonly choice = h("select", { change: () => this.choosePeriod() });
  private readonly orders = h("div", {
    class: "segments",
    role: "group",
    "aria-label": t("uptimeOrder"),
  });
  private readonly result = h("div", { class: "uptime-result", "aria-live": "polite" });
  private period: string;
  private order: Order;
  private report: UptimeReport | null = null;
  /** Number of the latest request. The answer to an earlier request is dropped. */
  private requestId = 0;

  constructor(private readonly app: AppContext) {
    const initial = new URLSearchParams(location.search);
    this.period = initial.get("period") ?? LAST_DAYS;
    this.order = (Object.keys(ORDERS) as Order[]).find((order) => order === initial.get("by")) ?? "camera";
    this.element = h(
      "div",
      { class: "page" },
      h("h1", {}, t("uptimeTitle")),
      h(
        "div",
        { class: "uptime-query" },
        h("label", { class: "field" }, t("period"), this.choice),
        h("div", { class: "field" }, h("span", {}, t("uptimeOrder")), this.orders),
      ),
      this.result,
    );
    this.renderChoices([]);
  }

  close(): void {
    this.requestId += 1;
  }

  async load(): Promise<void> {
    this.requestId += 1;
    const requestId = this.requestId;
    fill(this.result, loading());
    try {
      const report = await get("/api/uptime", { query: { period: this.period } });
      if (requestId !== this.requestId) return;
      this.report = report;
      this.renderChoices(report.months);
      this.render();
    } catch (error) {
      if (requestId === this.requestId)
        fill(
          this.result,
          failure(error, () => void this.load()),
        );
    }
  }

  private choosePeriod(): void {
    this.period = this.choice.value;
    this.writeAddress();
    void this.load();
  }

  private chooseOrder(order: Order): void {
    this.order = order;
    this.writeAddress();
    this.renderOrders();
    this.orders.querySelector<HTMLElement>('[aria-pressed="true"]')?.focus();
    this.render();
  }

  private writeAddress(): void {
    const search = new URLSearchParams({ period: this.period, by: this.order });
    this.app.replaceAddress(`/ketersediaan?${search.toString()}`);
  }

  private renderChoices(months: readonly string[]): void {
    const newestFirst = [...months].reverse().map((month) => [month, monthName(`${month}-01`)] as const);
    const all = [[LAST_DAYS, t("uptimeLastDays")], [YEAR, t("uptimeYear")], ...newestFirst] as const;
    fill(this.choice, ...all.map(([value, text]) => h("option", { value }, text)));
    this.choice.value = this.period;
    this.renderOrders();
  }

  private renderOrders(): void {
    const buttons = (Object.keys(ORDERS) as Order[]).map((order) =>
      h(
        "button",
        { type: "button", "aria-pressed": String(order === this.order), click: () => this.chooseOrder(order) },
        t(ORDERS[order]),
      ),
    );
    fill(this.orders, ...buttons);
  }

  private render(): void {
    const { report } = this;
    if (report === null) return;
    const style = this.rowStyle(report);
    const shared: RowStyle = { ...style, amountOf: asShare };
    const city = h("section", { class: "card uptime-row" });
    fill(city, ...uptimeRow(h("h2", {}, t("uptimeCity")), "", report.city, shared));
    const rows = this.order === "camera" ? this.cameraRows(report, style) : this.groupRows(report, shared);
    fill(
      this.result,
      h("p", { class: "hint" }, t("uptimeNote", { time: this.app.time.dayAndClock(report.assessed_until) })),
      h("p", { class: "hint" }, t("uptimeFairness")),
      city,
      rows.length > 0 ? h("ul", { class: "card uptime-list" }, ...rows) : notice(t("uptimeNoData")),
    );
  }

  private rowStyle({ periods }: UptimeReport): RowStyle {
    const byMonth = this.period === YEAR;
    return {
      periodHeading: t(byMonth ? "uptimeMonth" : "uptimeDay"),
      names: periods.map(byMonth ? monthName : dayName),
      amountOf: asDuration,
    };
  }

  private cameraRows({ cameras }: UptimeReport, style: RowStyle): HTMLElement[] {
    const place = ({ site, owner }: CameraUptime): string => (site === null ? owner : `${site} · ${owner}`);
    return worstFirst(cameras).map((camera) => {
      const href = siteAddress(`/camera/${encodeURIComponent(camera.id)}`);
      return listItem(h("a", { href }, camera.name), place(camera), camera, style);
    });
  }

  private groupRows({ sites, owners }: UptimeReport, style: RowStyle): HTMLElement[] {
    const groups: (UptimeRow & { name: string })[] = this.order === "site" ? sites : owners;
    return worstFirst(groups).map((group) => listItem(h("span", {}, group.name), "", group, style));
  }
}

function listItem(title: Node, place: string, row: UptimeRow, style: RowStyle): HTMLElement {
  return h("li", { class: "uptime-row" }, ...uptimeRow(title, place, row, style));
}

/** The name of a day, `2026-11-03`. Days have no time zone. */
function dayName(day: string): string {
  return dateText(day, { day: "numeric", month: "short" });
}

/** The name of the month that begins with a day. */
function monthName(day: string): string {
  return dateText(day, { month: "long", year: "numeric" });
}

function dateText(day: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale(), { timeZone: "UTC", ...options }).format(new Date(`${day}T00:00:00Z`));
}
