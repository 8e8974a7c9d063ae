/** The history page, for planners: measures of a gate or zone over time. The address contains the query. */

import "./history.css";

import { ApiError, apiUrl, get } from "../api/client";
import type { CameraDetail, CameraState, History, paths, Separator } from "../api/schema";
import { serverNow } from "../api/server_clock";
import { type AppContext, mayOpen, type Page } from "../app_context";
import { zoneName } from "../components/camera_facts";
import { empNote, hasData, historyCharts, historyTable, sightNote } from "../components/history_charts";
import { failure, loading, notice } from "../components/notice";
import { fill, h } from "../dom";
import { percent } from "../format";
import { observedShare } from "../history/observed_share";
import {
  type Interval,
  type Period,
  PRESETS,
  type Preset,
  periodOf,
  possibleIntervals,
  usualInterval,
} from "../history/period";
import { language, type TextKey, t } from "../i18n";
import { DAY_MS, toLocal } from "../timezone";

type Query = NonNullable<paths["/api/history"]["get"]["parameters"]["query"]>;

const CSV_LABELS: Record<Separator, TextKey> = { comma: "downloadCsvComma", semicolon: "downloadCsvSemicolon" };

/** Throws for other users as the server does: without cameras it would be asked for nothing. */
export async function openHistory(app: AppContext): Promise<Page> {
  if (!mayOpen(app.user, "planner")) throw new ApiError(app.user ? 403 : 401, "");
  const { cameras } = await get("/api/cameras");
  const page = new HistoryPage(app, cameras);
  await page.loadCamera();
  return page;
}

class HistoryPage implements Page {
  readonly title = t("historyTitle");
  readonly element: HTMLElement;
  /** The query in the address when the page was opened. */
  private readonly initial = new URLSearchParams(location.search);
  private readonly camera: HTMLSelectElement;
  private readonly gateOrZone = h("select", { change: () => void this.load() });
  private readonly interval = h("select", { change: () => void this.load() });
  private readonly from: HTMLInputElement;
  private readonly to: HTMLInputElement;
  private readonly customFields: HTMLElement;
  private readonly presets = h("div", { class: "segments", role: "group", "aria-label": t("period") });
  private readonly result = h("div", { class: "history-result" });
  private preset: Preset;
  /** Number of the latest request. The answer to an earlier request is dropped. */
  private requestId = 0;
  private loadingCamera = false;
  private closeCharts: () => void = () => undefined;

  constructor(
    private readonly app: AppContext,
    cameras: readonly CameraState[],
  ) {
    this.preset = PRESETS.find((preset) => preset === this.initial.get("period")) ?? "today";
    const chosen = this.initial.get("camera");
    const options = cameras.map(({ id, name }) => option(id, name, id === chosen));
    this.camera = h("select", { change: () => void this.loadCamera() }, ...options);
    this.from = this.timeField("from", serverNow() - DAY_MS);
    this.to = this.timeField("to", serverNow());
    this.customFields = h(
      "div",
      { class: "custom-period" },
      h("label", { class: "field" }, `${t("from")} (${app.time.suffix})`, this.from),
      h("label", { class: "field" }, `${t("to")} (${app.time.suffix})`, this.to),
    );
    this.element = h("div", { class: "page" }, h("h1", {}, t("historyTitle")), this.queryForm(), this.result);
    this.renderPeriod(this.initial.get("interval"));
  }

  close(): void {
    this.requestId += 1;
    this.closeCharts();
  }

  /** Loads the gates and zones of the chosen camera, then the history. */
  async loadCamera(): Promise<void> {
    this.requestId += 1;
    const requestId = this.requestId;
    if (!this.camera.value) return this.showResult(notice(t("noCameras")));
    this.loadingCamera = true;
    try {
      const detail = await get("/api/cameras/{camera_id}", { path: { camera_id: this.camera.value } });
      if (requestId !== this.requestId) return;
      this.loadingCamera = false;
      this.fillGatesAndZones(detail);
    } catch (error) {
      if (requestId !== this.requestId) return;
      this.loadingCamera = false;
      return this.showResult(failure(error, () => void this.loadCamera()));
    }
    await this.load();
  }

  private queryForm(): HTMLElement {
    return h(
      "form",
      { class: "card history-query", submit: (event: Event) => event.preventDefault() },
      h("label", { class: "field" }, t("camera"), this.camera),
      h("label", { class: "field" }, t("gateOrZone"), this.gateOrZone),
      h("div", { class: "field" }, h("span", {}, t("period")), this.presets),
      h("label", { class: "field" }, t("interval"), this.interval),
      this.customFields,
    );
  }

  private timeField(name: "from" | "to", otherwise: number): HTMLInputElement {
    const value = this.initial.get(name) ?? toLocal(otherwise, this.app.city.timezone);
    return h("input", { type: "datetime-local", value, change: () => this.periodChanged() });
  }

  private periodChanged(): void {
    this.renderPeriod(null);
    void this.load();
  }

  /** interval: the interval to choose, as text; null for the usual interval of the period. */
  private renderPeriod(interval: string | null): void {
    const buttons = PRESETS.map((preset) =>
      h(
        "button",
        { type: "button", "aria-pressed": String(preset === this.preset), click: () => this.choosePreset(preset) },
        t(preset),
      ),
    );
    fill(this.presets, ...buttons);
    this.customFields.hidden = this.preset !== "custom";
    const period = this.period();
    if (!period) return;
    const possible = possibleIntervals(period);
    const chosen = possible.find((each) => String(each) === interval) ?? usualInterval(period);
    const options = possible.map((each) => option(String(each), t(`interval${each}` as TextKey), each === chosen));
    fill(this.interval, ...options);
  }

  private choosePreset(preset: Preset): void {
    const focused = this.presets.contains(document.activeElement);
    this.preset = preset;
    this.periodChanged();
    if (focused) this.presets.querySelector<HTMLElement>('[aria-pressed="true"]')?.focus();
  }

  private period(): Period | null {
    return periodOf(this.preset, { from: this.from.value, to: this.to.value }, serverNow(), this.app.city.timezone);
  }

  /** Loads the history of the query; while the camera is being loaded, that is left to `loadCamera`. */
  private async load(): Promise<void> {
    if (this.loadingCamera) return;
    this.requestId += 1;
    const requestId = this.requestId;
    const period = this.period();
    if (!this.gateOrZone.value) return this.showResult(notice(t("noGateOrZone")));
    if (!period) return this.showResult(notice(t("badPeriod")));
    const query = this.query(period);
    this.writeAddress();
    this.showResult(loading());
    try {
      const history = await get("/api/history", { query });
      if (requestId === this.requestId) this.showHistory(history, query);
    } catch (error) {
      if (requestId === this.requestId) this.showResult(failure(error, () => void this.load()));
    }
  }

  private query({ from, to }: Period): Query {
    const [kind, id] = splitGateOrZone(this.gateOrZone.value);
    return {
      camera: this.camera.value,
      [kind]: id,
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      interval: Number(this.interval.value) as Interval,
    };
  }

  private writeAddress(): void {
    const [kind, id] = splitGateOrZone(this.gateOrZone.value);
    const interval = this.interval.value;
    const search = new URLSearchParams({ camera: this.camera.value, [kind]: id, period: this.preset, interval });
    if (this.preset === "custom") {
      search.set("from", this.from.value);
      search.set("to", this.to.value);
    }
    this.app.replaceAddress(`/riwayat?${search.toString()}`);
  }

  private showHistory(history: History, query: Query): void {
    const share = percent(observedShare(history.rows, serverNow()));
    const head = h(
      "div",
      { class: "page-head" },
      h("p", { class: "hint" }, hasData(history) ? t("observedShare", { share }) : t("historyEmpty")),
      h("div", { class: "downloads" }, ...separators().map((separator) => csvLink(query, separator))),
    );
    if (hasData(history)) {
      const charts = historyCharts(this.app, history);
      const card = h("div", { class: "card" }, charts.element, sightNote(history), empNote(history));
      this.showResult(head, card, historyTable(this.app, history));
      this.closeCharts = charts.close;
    } else this.showResult(head);
  }

  private showResult(...content: HTMLElement[]): void {
    this.closeCharts();
    this.closeCharts = () => undefined;
    fill(this.result, ...content);
  }

  /** Gates and zones as `gate:ID` and `zone:ID`. The chosen id stays chosen if the camera has it. */
  private fillGatesAndZones({ gates, zones }: CameraDetail): void {
    const chosen = this.gateOrZone.value || gateOrZoneOf(this.initial);
    const group = (label: string, options: HTMLOptionElement[]): HTMLElement | null =>
      options.length ? h("optgroup", { label }, ...options) : null;
    const gateOptions = gates.map(({ id }) => option(`gate:${id}`, t("gateNamed", { id }), `gate:${id}` === chosen));
    const zoneOptions = zones.map(({ id }) => option(`zone:${id}`, zoneName(this.app, id), `zone:${id}` === chosen));
    fill(this.gateOrZone, group(t("gate"), gateOptions), group(t("zone"), zoneOptions));
  }
}

/** Separators of the CSV, first the one that spreadsheets in the language of the page open in columns. */
function separators(): Separator[] {
  return language() === "id" ? ["semicolon", "comma"] : ["comma", "semicolon"];
}

function csvLink(query: Query, separator: Separator): HTMLElement {
  const href = apiUrl("/api/history.csv", { query: { ...query, separator } });
  return h("a", { href, class: "button secondary", download: true }, t(CSV_LABELS[separator]));
}

function gateOrZoneOf(parameters: URLSearchParams): string {
  const gate = parameters.get("gate");
  return gate === null ? `zone:${parameters.get("zone") ?? ""}` : `gate:${gate}`;
}

function splitGateOrZone(value: string): ["gate" | "zone", string] {
  return value.startsWith("gate:") ? ["gate", value.slice(5)] : ["zone", value.slice(5)];
}

function option(value: string, text: string, selected: boolean): HTMLOptionElement {
  return h("option", { value, selected }, text);
}
