/** The camera page: live video with its level, its zones, and the counts of the last minutes. */

import "./camera.css";

import { ApiError, get } from "../api/client";
import type { CameraDetail, CameraState } from "../api/schema";
import { elapsedSince, type Moment, moment } from "../api/server_clock";
import type { AppContext, Page } from "../app_context";
import { about, gateTotals, recentCounts, zoneLevels } from "../components/camera_facts";
import { freshnessLine, refreshFreshness } from "../components/freshness";
import { failure, loading, notice } from "../components/notice";
import { VideoView } from "../components/video_view";
import { fill, h } from "../dom";
import { t } from "../i18n";
import { siteAddress } from "../site_root";

/** Minutes of counts on the page. The texts contain the same number. */
const MINUTES = 15;
/** Time between two loads of the counts (ms). [assumption] */
const COUNTS_INTERVAL_MS = 10_000;
/** Age (ms) from which counts are no longer those of the last minutes. [assumption: a minute more than they may lack] */
const COUNTS_KEPT_MS = 120_000;

export async function openCamera(app: AppContext, id: string): Promise<Page> {
  try {
    return new CameraPage(app, await get("/api/cameras/{camera_id}", { path: { camera_id: id } }));
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
    return { title: t("navMap"), element: unknownCamera() };
  }
}

function unknownCamera(): HTMLElement {
  return notice(t("cameraNotFound"), h("a", { href: siteAddress("/") }, t("backToMap")));
}

class CameraPage implements Page {
  readonly title: string;
  readonly element = h("div", {});
  private readonly content: HTMLElement;
  private readonly view: VideoView;
  private readonly zones = h("div");
  private readonly counts = h("div", {}, loading());
  private readonly totals = h("div");
  private readonly facts = h("div");
  private readonly age = h("p", { class: "hint" });
  private readonly unsubscribe: () => void;
  private readonly timers: ReturnType<typeof setInterval>[];
  private camera: CameraState;
  /** When the shown counts arrived; null without any. */
  private countsAt: Moment | null = null;

  constructor(
    private readonly app: AppContext,
    private readonly detail: CameraDetail,
  ) {
    this.title = detail.name;
    this.camera = app.store.camera(detail.id) ?? detail;
    this.view = new VideoView(app, detail, this.camera);
    this.content = this.layout();
    fill(this.element, this.content);
    this.unsubscribe = app.store.onChange(() => this.update());
    this.timers = [setInterval(() => this.tick(), 1000), setInterval(() => void this.loadCounts(), COUNTS_INTERVAL_MS)];
    this.update();
    void this.loadCounts();
  }

  close(): void {
    this.unsubscribe();
    this.timers.forEach(clearInterval);
    this.view.close();
  }

  private layout(): HTMLElement {
    const { name, site, gates } = this.detail;
    const siteLine = site && site.name !== name ? h("p", { class: "hint" }, site.name) : null;
    const title = h("div", {}, h("h1", {}, name), siteLine);
    return h(
      "div",
      { class: "page camera-page" },
      h("div", { class: "page-head" }, title, h("a", { href: siteAddress("/"), class: "back-link" }, t("backToMap"))),
      h("div", { class: "camera-left" }, this.videoWithTools(), card("counts", t("recentTitle"), this.counts)),
      h(
        "div",
        { class: "camera-right" },
        card("zones", t("zones"), this.zones),
        gates.length ? card("totals", t("gateTotals"), this.totals) : null,
        card("about", t("about"), this.facts),
      ),
    );
  }

  private videoWithTools(): HTMLElement {
    const { name, gates, zones, image_size } = this.detail;
    const shapes = h("input", { type: "checkbox", change: () => this.view.showZones(shapes.checked) });
    const drawable = image_size && (gates.length > 0 || zones.some((zone) => zone.polygon.length));
    const shareResult = h("span", { class: "hint", role: "status" });
    const shareButton = h(
      "button",
      { type: "button", class: "button secondary", click: () => void share(name, shareResult) },
      t("share"),
    );
    return h(
      "div",
      { class: "camera-video" },
      this.view.element,
      h(
        "div",
        { class: "video-tools" },
        this.age,
        drawable ? h("label", { class: "checkbox" }, shapes, t("showZones")) : null,
        shareButton,
        shareResult,
      ),
    );
  }

  private update(): void {
    const { store } = this.app;
    const known = store.camera(this.detail.id);
    const isGone = store.loaded && known === undefined;
    if (isGone === this.content.isConnected) fill(this.element, isGone ? unknownCamera() : this.content);
    this.camera = known ?? this.camera;
    this.view.update(isGone ? { ...this.camera, video: null } : this.camera);
    fill(this.age, freshnessLine(this.camera, this.app.time));
    fill(this.zones, zoneLevels(this.app, this.camera));
    fill(this.facts, about(this.camera, store.connection === "lost"));
  }

  private tick(): void {
    this.view.tick();
    refreshFreshness(this.age, [this.camera], this.app.time);
  }

  /** Loads the counts. After a failed refresh the old counts stay for a short time. */
  private async loadCounts(): Promise<void> {
    if (document.hidden) return;
    try {
      const parameters = { path: { camera_id: this.detail.id }, query: { minutes: MINUTES } };
      const counts = await get("/api/cameras/{camera_id}/counts", parameters);
      fill(this.counts, recentCounts(this.app, counts, this.camera.sight));
      fill(this.totals, gateTotals(this.app, counts));
      this.countsAt = moment();
    } catch (error) {
      if (this.countsAt !== null && elapsedSince(this.countsAt) < COUNTS_KEPT_MS) return;
      const problem = failure(error, () => void this.loadCounts());
      fill(this.counts, problem);
      fill(this.totals);
    }
  }
}

function card(name: string, title: string, content: HTMLElement): HTMLElement {
  return h("section", { class: `card camera-${name}` }, h("h2", {}, title), content);
}

/** Shares the address, or copies it. Without HTTPS browsers allow neither, and the address is shown instead. */
async function share(title: string, result: HTMLElement): Promise<void> {
  const link = location.origin + location.pathname;
  try {
    if (navigator.share) await navigator.share({ title, url: link });
    else {
      await navigator.clipboard.writeText(link);
      result.textContent = t("linkCopied");
    }
  } catch (error) {
    const cancelled = error instanceof DOMException && error.name === "AbortError";
    if (!cancelled) result.textContent = t("linkHere", { link });
  }
}
