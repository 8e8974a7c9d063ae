/** The camera page: live video with its level, its zones, and the counts of the last minutes. */

import "./camera.css";

import { ApiError, get } from "../api/client";
import type { CameraDetail, CameraState } from "../api/schema";
import { elapsedSince, type Moment, moment } from "../api/server_clock";
import type { AppContext, Page } from "../app_context";
import { about, gateTotals, recentCounts, zoneLevels } from "../components/camera_facts";
import { CameraSummary } from "../components/camera_summary";
import { embedSnippet } from "../components/embed_snippet";
import { FavoriteButton } from "../components/favorite_button";
import { failure, loading, notice } from "../components/notice";
import { reportForm } from "../components/report_form";
import { trendChart, trendLegend, trendSentence } from "../components/trend_chart";
import { VideoView } from "../components/video_view";
import { savesData, setSavesData } from "../data_saver";
import { fill, h } from "../dom";
import { t } from "../i18n";
import { sharePage } from "../sharing";
import { siteAddress } from "../site_root";

/** Minutes of counts on the page. The texts contain the same number. */
const MINUTES = 15;
/** Time between two loads of the counts (ms). [assumption] */
const COUNTS_INTERVAL_MS = 10_000;
/** Time between two loads of the trend (ms), for which the portal lets it be kept. [source: portal/cameras/routes.py] */
const TREND_INTERVAL_MS = 60_000;
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
  private readonly trend = h("div", {}, loading());
  private readonly facts = h("div");
  private readonly summary: CameraSummary;
  private readonly star: FavoriteButton;
  private readonly unsubscribe: () => void;
  private readonly timers: ReturnType<typeof setInterval>[];
  private camera: CameraState;
  /** When the shown counts arrived; null without any. */
  private countsAt: Moment | null = null;
  private hasTrend = false;

  constructor(
    private readonly app: AppContext,
    private readonly detail: CameraDetail,
  ) {
    this.title = detail.name;
    this.camera = app.store.camera(detail.id) ?? detail;
    this.view = new VideoView(app, detail, this.camera);
    this.summary = new CameraSummary(app, false);
    this.star = new FavoriteButton(detail);
    this.content = this.layout();
    fill(this.element, this.content);
    this.unsubscribe = app.store.onChange(() => this.update());
    this.timers = [
      setInterval(() => this.tick(), 1000),
      setInterval(() => void this.loadCounts(), COUNTS_INTERVAL_MS),
      setInterval(() => void this.loadTrend(), TREND_INTERVAL_MS),
    ];
    this.update();
    void this.loadCounts();
    void this.loadTrend();
  }

  close(): void {
    this.unsubscribe();
    this.timers.forEach(clearInterval);
    this.view.close();
    this.star.close();
  }

  private layout(): HTMLElement {
    const { id, name, site, gates, visibility } = this.detail;
    const siteLine = site && site.name !== name ? h("p", { class: "hint" }, site.name) : null;
    const title = h("div", { class: "camera-title" }, h("h1", {}, name), this.star.element, siteLine);
    return h(
      "div",
      { class: "page camera-page" },
      h("div", { class: "page-head" }, title, h("a", { href: siteAddress("/"), class: "back-link" }, t("backToMap"))),
      h(
        "div",
        { class: "camera-left" },
        this.videoWithTools(),
        gates.length ? card("trend", t("trendTitle"), this.trend) : null,
        card("counts", t("recentTitle"), this.counts),
      ),
      h(
        "div",
        { class: "camera-right" },
        card("zones", t("zones"), this.zones),
        gates.length ? card("totals", t("gateTotals"), this.totals) : null,
        card("about", t("about"), this.facts),
        visibility === "public" ? embedSnippet(`/embed/camera/${encodeURIComponent(id)}`, name) : null,
        reportForm(id),
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
      { type: "button", class: "button secondary", click: () => void sharePage(name, shareResult) },
      t("share"),
    );
    return h(
      "div",
      { class: "camera-video" },
      this.view.element,
      h(
        "div",
        { class: "video-tools" },
        this.summary.element,
        drawable ? h("label", { class: "checkbox" }, shapes, t("showZones")) : null,
        this.saver(),
        shareButton,
        shareResult,
      ),
    );
  }

  /** Switch between the video and its small rendition; null where none is made. */
  private saver(): HTMLElement | null {
    if (!this.camera.video?.small) return null;
    const box = h("input", {
      type: "checkbox",
      checked: savesData(),
      change: () => {
        setSavesData(box.checked);
        this.view.update(this.camera);
      },
    });
    return h("label", { class: "checkbox", title: t("dataSaverVideoHint") }, box, t("dataSaver"));
  }

  private update(): void {
    const { store } = this.app;
    const known = store.camera(this.detail.id);
    const isGone = store.loaded && known === undefined;
    if (isGone === this.content.isConnected) fill(this.element, isGone ? unknownCamera() : this.content);
    this.camera = known ?? this.camera;
    this.view.update(isGone ? { ...this.camera, video: null } : this.camera);
    this.summary.update(this.camera);
    fill(this.zones, zoneLevels(this.app, this.camera));
    fill(this.facts, about(this.camera, store.connection === "lost"));
  }

  private tick(): void {
    this.view.tick();
    this.summary.tick();
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

  /** Loads the trend. After a failed refresh the old trend stays: it names its own hours. */
  private async loadTrend(): Promise<void> {
    if (document.hidden || this.detail.gates.length === 0) return;
    const { time } = this.app;
    try {
      const trend = await get("/api/cameras/{camera_id}/trend", { path: { camera_id: this.detail.id } });
      const sentence = h("p", {}, trendSentence(trend, time));
      fill(this.trend, sentence, ...(trend.hours.length ? [trendChart(trend, time), trendLegend()] : []));
      this.hasTrend = true;
    } catch (error) {
      if (!this.hasTrend)
        fill(
          this.trend,
          failure(error, () => void this.loadTrend()),
        );
    }
  }
}

function card(name: string, title: string, content: HTMLElement): HTMLElement {
  return h("section", { class: `card camera-${name}` }, h("h2", {}, title), content);
}
