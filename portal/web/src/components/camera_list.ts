/** The list beside the map: it says what the map says, worst first, with a search and a filter by level. */

import type { Camera } from "../api/client";
import type { App } from "../app_context";
import { fill, h } from "../dom";
import { bySeverity } from "../marker_clusters";
import { said, t } from "../i18n";
import { badge, LEVELS, type Level, levelIcon, levelName } from "../levels";
import { trouble } from "../explanations";
import { freshnessLine, refreshFreshness } from "./freshness";
import { failure, loading, notice } from "./notice";

export class CameraList {
  readonly element: HTMLElement;
  private readonly summary = h("div", { class: "summary", role: "group", "aria-label": t("filterLevels") });
  private readonly items = h("ul", { class: "cameras" });
  private wanted: Level | null = null;
  private words = "";
  private drawn = "";

  constructor(private readonly app: App) {
    const search = h("input", { type: "search", class: "search", placeholder: t("search"), "aria-label": t("search") });
    search.addEventListener("input", () => {
      this.words = search.value.trim().toLowerCase();
      this.render();
    });
    const title = h("h1", {}, t("siteTitle", { city: app.city.name }));
    this.element = h("section", { class: "panel", "aria-label": t("listTitle") }, title, this.summary, search, this.items);
  }

  /** Draws again only where something but the age of the data has changed: a list that is being read must stand still. */
  render(): void {
    const cameras = bySeverity(this.app.live.list(), (level) => this.app.live.level(level));
    const state = JSON.stringify([
      this.wanted,
      this.words,
      this.app.live.loaded,
      this.app.live.failure !== null,
      cameras.map((camera) => [camera.id, camera.name, this.app.live.level(camera.level), camera.status, trouble(camera)]),
    ]);
    if (state !== this.drawn) {
      this.drawn = state;
      this.renderSummary(cameras);
      fill(this.items, ...this.rows(cameras));
    }
    this.tick();
  }

  tick(): void {
    refreshFreshness(this.items, this.app.live.list(), this.app.time);
  }

  private renderSummary(cameras: readonly Camera[]): void {
    const chips = LEVELS.map((level) => {
      const count = cameras.filter((camera) => this.app.live.level(camera.level) === level).length;
      const pressed = this.wanted === level;
      return h(
        "button",
        {
          type: "button",
          class: `chip level-${level}`,
          "aria-pressed": String(pressed),
          disabled: count === 0 && !pressed,
          click: () => this.filter(pressed ? null : level),
        },
        levelIcon(level),
        h("strong", {}, count),
        h("span", {}, levelName(level)),
      );
    });
    const focused = [...this.summary.children].indexOf(document.activeElement as Element);
    fill(this.summary, ...chips);
    if (focused >= 0) chips[focused]?.focus();
  }

  private filter(level: Level | null): void {
    this.wanted = level;
    this.render();
  }

  private rows(cameras: readonly Camera[]): Node[] {
    const { live } = this.app;
    if (live.failure !== null) return [h("li", {}, failure(live.failure))];
    if (!live.loaded) return [h("li", {}, loading())];
    if (cameras.length === 0) return [h("li", {}, notice(t("noCameras")))];
    const matching = cameras.filter((camera) => this.matches(camera));
    return matching.length ? matching.map((camera) => this.row(camera)) : [h("li", {}, notice(t("noMatch")))];
  }

  private matches(camera: Camera): boolean {
    if (this.wanted !== null && this.app.live.level(camera.level) !== this.wanted) return false;
    return `${camera.name} ${camera.site?.name ?? ""} ${camera.id}`.toLowerCase().includes(this.words);
  }

  private row(camera: Camera): HTMLElement {
    const { live, time } = this.app;
    const place = camera.site && camera.site.name !== camera.name ? `${camera.site.name} · ` : "";
    const unplaced = camera.position ?? camera.site?.position ? "" : `${t("noPosition")} · `;
    return h(
      "li",
      { "data-camera": camera.id },
      h(
        "a",
        { href: `/camera/${encodeURIComponent(camera.id)}`, class: "camera-row" },
        h("span", { class: "camera-name" }, camera.name),
        badge(live.level(camera.level)),
        h("span", { class: "camera-meta" }, place, unplaced, camera.out_of_service ? said(camera.out_of_service) : freshnessLine(camera, time)),
        trouble(camera) ? h("span", { class: "camera-meta" }, trouble(camera)) : null,
      ),
    );
  }
}
