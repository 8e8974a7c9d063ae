/** For planners: what was measured at a gate or in a zone, over time. The address holds the whole question. */

import "../components/charts.css";
import "./history.css";

import { type Camera, type CameraDetail, get, type History } from "../api/client";
import type { App, Page } from "../app_context";
import { serverNow } from "../api/server_clock";
import { observedShare } from "../history/observed_share";
import { fill, h } from "../dom";
import { percent } from "../format";
import { t, type TextKey } from "../i18n";
import { toLocal } from "../timezone";
import { type Period, periodOf, possibleIntervals, type Preset, PRESETS, usualInterval } from "../history/period";
import { zoneName } from "../components/camera_facts";
import { empNote, hasData, historyCharts, historyTable } from "../components/history_charts";
import { failure, loading, notice } from "../components/notice";

const HOUR_MS = 3_600_000;

export async function openHistory(app: App): Promise<Page> {
  const { cameras } = await get<{ cameras: Camera[] }>("/api/cameras");
  const page = new HistoryPage(app, cameras);
  await page.chooseCamera();
  return page;
}

class HistoryPage implements Page {
  readonly title = t("historyTitle");
  readonly element: HTMLElement;
  private readonly asked = new URLSearchParams(location.search);
  private readonly camera: HTMLSelectElement;
  private readonly measure = h("select", { change: () => void this.load() });
  private readonly interval = h("select", { change: () => void this.load() });
  private readonly from: HTMLInputElement;
  private readonly to: HTMLInputElement;
  private readonly customFields: HTMLElement;
  private readonly presets = h("div", { class: "segments", role: "group", "aria-label": t("period") });
  private readonly result = h("div", { class: "history-result" });
  private preset: Preset;
  private turn = 0;
  private closeCharts: () => void = () => undefined;

  constructor(
    private readonly app: App,
    cameras: readonly Camera[],
  ) {
    const zone = app.city.timezone;
    const wanted = this.asked.get("camera");
    this.preset = PRESETS.find((preset) => preset === this.asked.get("period")) ?? "today";
    this.camera = select(cameras.map(({ id, name }) => ({ value: id, text: name })), wanted, () => void this.chooseCamera());
    const field = (name: string, otherwise: number): HTMLInputElement =>
      h("input", { type: "datetime-local", value: this.asked.get(name) ?? toLocal(otherwise, zone), change: () => this.choosePeriod() });
    this.from = field("from", serverNow() - 24 * HOUR_MS);
    this.to = field("to", serverNow());
    this.customFields = h(
      "div",
      { class: "custom" },
      h("label", { class: "field" }, `${t("from")} (${app.time.suffix})`, this.from),
      h("label", { class: "field" }, `${t("to")} (${app.time.suffix})`, this.to),
    );
    this.element = h(
      "div",
      { class: "page" },
      h("h1", {}, t("historyTitle")),
      h(
        "form",
        { class: "card question", submit: (event: Event) => event.preventDefault() },
        h("label", { class: "field" }, t("camera"), this.camera),
        h("label", { class: "field" }, t("measure"), this.measure),
        h("div", { class: "field" }, h("span", {}, t("period")), this.presets),
        h("label", { class: "field" }, t("interval"), this.interval),
        this.customFields,
      ),
      this.result,
    );
    this.renderPeriod(this.asked.get("interval"));
  }

  close(): void {
    this.turn += 1;
    this.closeCharts();
  }

  async chooseCamera(): Promise<void> {
    if (!this.camera.value) return this.say(notice(t("noCameras")));
    try {
      const detail = await get<CameraDetail>(`/api/cameras/${encodeURIComponent(this.camera.value)}`);
      fillMeasures(this.measure, detail, measureOf(this.asked));
    } catch (error) {
      return this.say(failure(error, () => void this.chooseCamera()));
    }
    await this.load();
  }

  private choosePeriod(): void {
    this.renderPeriod(null);
    void this.load();
  }

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
    fill(this.interval, ...possible.map((each) => option(String(each), t(`interval${each}` as TextKey), each === chosen)));
  }

  private choosePreset(preset: Preset): void {
    const focused = this.presets.contains(document.activeElement);
    this.preset = preset;
    this.choosePeriod();
    if (focused) this.presets.querySelector<HTMLElement>('[aria-pressed="true"]')?.focus();
  }

  private period(): Period | null {
    return periodOf(this.preset, { from: this.from.value, to: this.to.value }, serverNow(), this.app.city.timezone);
  }

  private async load(): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    const period = this.period();
    if (!this.measure.value) return this.say(notice(t("chooseMeasure")));
    if (!period) return this.say(notice(t("badPeriod")));
    const question = this.question(period);
    this.keepInAddress();
    this.say(loading());
    try {
      const history = await get<History>("/api/history", question);
      if (turn === this.turn) this.show(history, question);
    } catch (error) {
      if (turn === this.turn) this.say(failure(error, () => void this.load()));
    }
  }

  private question({ from, to }: Period): Record<string, string> {
    const [kind, id] = splitMeasure(this.measure.value);
    return {
      camera: this.camera.value,
      [kind]: id,
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      interval: this.interval.value,
    };
  }

  private keepInAddress(): void {
    const [kind, id] = splitMeasure(this.measure.value);
    const kept = new URLSearchParams({ camera: this.camera.value, [kind]: id, period: this.preset, interval: this.interval.value });
    if (this.preset === "custom") {
      kept.set("from", this.from.value);
      kept.set("to", this.to.value);
    }
    history.replaceState(null, "", `/riwayat?${kept.toString()}`);
  }

  private show(history: History, question: Record<string, string>): void {
    const csv = `/api/history.csv?${new URLSearchParams(question).toString()}`;
    const share = percent(observedShare(history.rows, serverNow()));
    const head = h(
      "div",
      { class: "page-head" },
      h("p", { class: "hint" }, hasData(history) ? t("observedShare", { share }) : t("historyEmpty")),
      h("a", { href: csv, class: "button quiet", download: true }, t("downloadCsv")),
    );
    if (!hasData(history)) return this.say(head);
    const charts = historyCharts(this.app, history);
    this.say(head, h("div", { class: "card" }, charts.element, empNote(history)), historyTable(this.app, history));
    this.closeCharts = charts.close;
  }

  private say(...content: HTMLElement[]): void {
    this.closeCharts();
    this.closeCharts = () => undefined;
    fill(this.result, ...content);
  }
}

/** `gate:ID` or `zone:ID`: the values of the second field. */
function measureOf(parameters: URLSearchParams): string {
  const gate = parameters.get("gate");
  return gate === null ? `zone:${parameters.get("zone") ?? ""}` : `gate:${gate}`;
}

function splitMeasure(value: string): ["gate" | "zone", string] {
  return value.startsWith("gate:") ? ["gate", value.slice(5)] : ["zone", value.slice(5)];
}

function fillMeasures(field: HTMLSelectElement, { gates, zones }: CameraDetail, wanted: string): void {
  const group = (label: string, options: HTMLOptionElement[]): HTMLElement | null =>
    options.length ? h("optgroup", { label }, ...options) : null;
  const kept = field.value || wanted;
  fill(
    field,
    group(t("gate"), gates.map(({ id }) => option(`gate:${id}`, t("gateNamed", { id }), `gate:${id}` === kept))),
    group(t("zone"), zones.map(({ id }) => option(`zone:${id}`, zoneName(id), `zone:${id}` === kept))),
  );
}

function select(options: { value: string; text: string }[], chosen: string | null, change: () => void): HTMLSelectElement {
  return h("select", { change }, ...options.map(({ value, text }) => option(value, text, value === chosen)));
}

function option(value: string, text: string, selected: boolean): HTMLOptionElement {
  return h("option", { value, selected }, text);
}
