/** List of the cameras on the map, worst level first, with a search and a filter by level. */

import "./camera_list.css";

import type { CameraState, Level } from "../api/schema";
import type { AppContext } from "../app_context";
import { fill, h } from "../dom";
import { operatorMessage, sightMessage } from "../explanations";
import { localized, t } from "../i18n";
import { LEVELS } from "../levels";
import { bySeverity } from "../marker_clusters";
import { siteAddress } from "../site_root";
import { freshnessLine, refreshFreshness } from "./freshness";
import { levelBadge, levelIcon, levelName } from "./level_badge";
import { failure, loading, notice } from "./notice";

export class CameraList {
  readonly element: HTMLElement;
  private readonly summary = h("div", { class: "level-filter", role: "group", "aria-label": t("filterLevels") });
  private readonly items = h("ul", { class: "camera-rows" });
  private levelFilter: Level | null = null;
  private searchText = "";
  private rendered = "";

  constructor(private readonly app: AppContext) {
    const search = h("input", {
      type: "search",
      class: "text-input",
      placeholder: t("search"),
      "aria-label": t("search"),
    });
    search.addEventListener("input", () => {
      this.searchText = search.value.trim().toLowerCase();
      this.render();
    });
    const title = h("h1", {}, t("siteTitle", { city: app.city.name }));
    this.element = h(
      "section",
      { class: "camera-list", "aria-label": t("listTitle") },
      title,
      this.summary,
      search,
      this.items,
    );
  }

  /** Renders after a change other than the age of the data. Without one, the list does not move under the reader. */
  render(): void {
    const cameras = bySeverity(this.app.store.list(), (level) => this.app.store.shownLevel(level));
    const state = JSON.stringify([
      this.levelFilter,
      this.searchText,
      this.app.store.loaded,
      this.app.store.failure !== null,
      cameras.map((camera) => [
        camera.id,
        camera.name,
        this.app.store.shownLevel(camera.level),
        camera.status,
        reason(camera),
      ]),
    ]);
    if (state !== this.rendered) {
      this.rendered = state;
      this.renderSummary(cameras);
      fill(this.items, ...this.rows(cameras));
    }
    this.tick();
  }

  tick(): void {
    refreshFreshness(this.items, this.app.store.list(), this.app.time);
  }

  private renderSummary(cameras: readonly CameraState[]): void {
    const chips = LEVELS.map((level) => {
      const count = cameras.filter((camera) => this.app.store.shownLevel(camera.level) === level).length;
      const pressed = this.levelFilter === level;
      return h(
        "button",
        {
          type: "button",
          class: `level-chip level-${level}`,
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
    this.levelFilter = level;
    this.render();
  }

  private rows(cameras: readonly CameraState[]): Node[] {
    const { store } = this.app;
    if (store.failure !== null) return [h("li", {}, failure(store.failure))];
    if (!store.loaded) return [h("li", {}, loading())];
    if (cameras.length === 0) return [h("li", {}, notice(t("noCameras")))];
    const matching = cameras.filter((camera) => this.matches(camera));
    return matching.length ? matching.map((camera) => this.row(camera)) : [h("li", {}, notice(t("noMatch")))];
  }

  private matches(camera: CameraState): boolean {
    if (this.levelFilter !== null && this.app.store.shownLevel(camera.level) !== this.levelFilter) return false;
    return `${camera.name} ${camera.site?.name ?? ""} ${camera.id}`.toLowerCase().includes(this.searchText);
  }

  private row(camera: CameraState): HTMLElement {
    const { store, time } = this.app;
    const place = camera.site && camera.site.name !== camera.name ? `${camera.site.name} · ` : "";
    const unplaced = (camera.position ?? camera.site?.position) ? "" : `${t("noPosition")} · `;
    return h(
      "li",
      { "data-camera": camera.id },
      h(
        "a",
        { href: siteAddress(`/camera/${encodeURIComponent(camera.id)}`), class: "camera-row" },
        h("span", { class: "camera-name" }, camera.name),
        levelBadge(store.shownLevel(camera.level)),
        h(
          "span",
          { class: "camera-meta" },
          place,
          unplaced,
          camera.out_of_service ? localized(camera.out_of_service) : freshnessLine(camera, time),
        ),
        reason(camera) ? h("span", { class: "camera-meta" }, reason(camera)) : null,
      ),
    );
  }
}

/** Why a camera in service has no data or less exact data; null where there is nothing to explain. */
function reason(camera: CameraState): string | null {
  return operatorMessage(camera) ?? sightMessage(camera.sight);
}
