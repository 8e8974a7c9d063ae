/** One camera: live video with its badge, its zones, and what it counted in the last minutes. */

import "./camera.css";
import "../components/charts.css";

import { type Camera, type CameraDetail, get, type RecentCounts, Refused } from "../api/client";
import type { App, Page } from "../app_context";
import { fill, h } from "../dom";
import { t } from "../i18n";
import { freshnessLine, refreshFreshness } from "../components/freshness";
import { failure, loading, notice } from "../components/notice";
import { about, gateTotals, recentCounts, zoneLevels } from "../components/camera_facts";
import { VideoView } from "../components/video_view";

const MINUTES = 15;
const COUNTS_EVERY_MS = 10_000;

export async function openCamera(app: App, id: string): Promise<Page> {
  let detail: CameraDetail;
  try {
    detail = await get<CameraDetail>(`/api/cameras/${encodeURIComponent(id)}`);
  } catch (error) {
    if (!(error instanceof Refused && error.status === 404)) throw error;
    return { title: t("navMap"), element: notice(t("cameraNotFound"), h("a", { href: "/" }, t("backToMap"))) };
  }
  return new CameraPage(app, detail);
}

class CameraPage implements Page {
  readonly title: string;
  readonly element: HTMLElement;
  private readonly view: VideoView;
  private readonly zones = h("div");
  private readonly counts = h("div", {}, loading());
  private readonly totals = h("div");
  private readonly facts = h("div");
  private readonly line = h("p", { class: "hint" });
  private readonly stop: () => void;
  private readonly timers: ReturnType<typeof setInterval>[];
  private camera: Camera;
  private shownCounts = false;

  constructor(
    private readonly app: App,
    private readonly detail: CameraDetail,
  ) {
    this.title = detail.name;
    this.camera = app.live.camera(detail.id) ?? detail;
    this.view = new VideoView(app, detail, this.camera);
    this.element = this.layout();
    this.stop = app.live.onChange(() => this.update());
    this.timers = [setInterval(() => this.tick(), 1000), setInterval(() => void this.loadCounts(), COUNTS_EVERY_MS)];
    this.update();
    void this.loadCounts();
  }

  close(): void {
    this.stop();
    this.timers.forEach(clearInterval);
    this.view.close();
  }

  private layout(): HTMLElement {
    const { name, site, gates } = this.detail;
    const title = h("div", {}, h("h1", {}, name), site && site.name !== name ? h("p", { class: "hint" }, site.name) : null);
    return h(
      "div",
      { class: "page camera-page" },
      h("div", { class: "page-head" }, title, h("a", { href: "/", class: "back" }, t("backToMap"))),
      h("div", { class: "camera-left" }, this.picture(), card("counts", t("recentTitle"), this.counts)),
      h(
        "div",
        { class: "camera-right" },
        card("zones", t("zones"), this.zones),
        gates.length ? card("totals", t("gateTotals"), this.totals) : null,
        card("about", t("about"), this.facts),
      ),
    );
  }

  private picture(): HTMLElement {
    const { name, gates, zones, image_size } = this.detail;
    const shapes = h("input", { type: "checkbox", change: () => this.view.showZones(shapes.checked) });
    const drawable = image_size && (gates.length > 0 || zones.some((zone) => zone.polygon?.length));
    const shared = h("span", { class: "hint", role: "status" });
    return h(
      "div",
      { class: "camera-picture" },
      this.view.element,
      h(
        "div",
        { class: "video-tools" },
        this.line,
        drawable ? h("label", { class: "tick" }, shapes, t("showZones")) : null,
        h("button", { type: "button", class: "button quiet", click: () => void share(name, shared) }, t("share")),
        shared,
      ),
    );
  }

  private update(): void {
    this.camera = this.app.live.camera(this.detail.id) ?? this.camera;
    this.view.update(this.camera);
    fill(this.line, freshnessLine(this.camera, this.app.time));
    fill(this.zones, zoneLevels(this.app, this.camera));
    fill(this.facts, about(this.camera));
  }

  private tick(): void {
    this.view.tick();
    refreshFreshness(this.line, [this.camera], this.app.time);
  }

  /** A failed refresh leaves the counts that are there: they name their minutes, so they do not pass for newer ones. */
  private async loadCounts(): Promise<void> {
    if (document.hidden) return;
    const address = `/api/cameras/${encodeURIComponent(this.detail.id)}/counts`;
    try {
      const counts = await get<RecentCounts>(address, { minutes: String(MINUTES) });
      fill(this.counts, recentCounts(this.app, counts));
      fill(this.totals, gateTotals(this.app, counts));
      this.shownCounts = true;
    } catch (error) {
      if (!this.shownCounts) fill(this.counts, failure(error, () => void this.loadCounts()));
    }
  }
}

function card(name: string, title: string, content: HTMLElement): HTMLElement {
  return h("section", { class: `card camera-${name}` }, h("h2", {}, title), content);
}

async function share(title: string, report: HTMLElement): Promise<void> {
  const link = location.origin + location.pathname;
  try {
    if (navigator.share) await navigator.share({ title, url: link });
    else {
      await navigator.clipboard.writeText(link);
      report.textContent = t("linkCopied");
    }
  } catch (error) {
    const cancelled = error instanceof DOMException && error.name === "AbortError";
    // Neither is there without HTTPS, which a city's inner network may lack.
    if (!cancelled) report.textContent = t("linkHere", { link });
  }
}
