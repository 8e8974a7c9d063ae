/** List of the cameras on the map as cards, with search, filter by level, order, and groups by site or owner. */

import "./camera_list.css";

import type { CameraState, Level, Position } from "../api/schema";
import type { AppContext } from "../app_context";
import { type CameraGroup, groupCameras } from "../camera_order";
import { fill, h } from "../dom";
import { t } from "../i18n";
import { LEVELS } from "../levels";
import { distanceM } from "../nearby";
import { CameraCard } from "./camera_card";
import { levelIcon, levelName } from "./level_badge";
import { ListTools } from "./list_tools";
import { failure, loading, notice } from "./notice";

export class CameraList {
  readonly element: HTMLElement;
  private readonly summary = h("div", { class: "level-filter", role: "group", "aria-label": t("filterLevels") });
  private readonly groups = h("div", { class: "camera-groups" });
  private readonly count = h("p", { class: "hint", role: "status" });
  private readonly cards = new Map<string, CameraCard>();
  private readonly tools: ListTools;
  private levelFilter: Level | null = null;
  private searchText = "";
  private arranged = "";
  private summarized = "";

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
    this.tools = new ListTools(() => this.render());
    const title = h("h1", {}, t("siteTitle", { city: app.city.name }));
    this.element = h(
      "section",
      { class: "camera-list", "aria-label": t("listTitle") },
      title,
      this.summary,
      search,
      this.tools.element,
      this.count,
      this.groups,
    );
  }

  /** Renders after a change. Cards stay in place where neither the order nor the filter has changed. */
  render(): void {
    const { store } = this.app;
    const cameras = store.list();
    this.renderSummary(cameras);
    const problem = this.problem(cameras);
    const matching = problem ? [] : cameras.filter((camera) => this.matches(camera));
    const groups = groupCameras(matching, this.tools.order, this.tools.position, (level) => store.shownLevel(level));
    this.arrange(groups, problem ?? (matching.length === 0 ? notice(t("noMatch")) : null));
    for (const camera of matching) this.cards.get(camera.id)?.update(camera, this.distance(camera));
    const count = problem ? "" : t("camerasShown", { n: matching.length });
    if (this.count.textContent !== count) this.count.textContent = count;
  }

  tick(): void {
    for (const card of this.cards.values()) card.tick();
  }

  close(): void {
    for (const card of this.cards.values()) card.close();
  }

  private problem(cameras: readonly CameraState[]): HTMLElement | null {
    const { store } = this.app;
    if (store.failure !== null) return failure(store.failure);
    if (!store.loaded) return loading();
    return cameras.length === 0 ? notice(t("noCameras")) : null;
  }

  private distance(camera: CameraState): number | null {
    const from: Position | null = this.tools.position;
    const to = camera.position ?? camera.site?.position;
    return from && to ? distanceM(from, to) : null;
  }

  /** Puts the cards in order, with a heading for each named group. The focus stays where it is. */
  private arrange(groups: readonly CameraGroup[], message: HTMLElement | null): void {
    const shown = groups.flatMap(({ cameras }) => cameras);
    const order = JSON.stringify([
      message?.textContent,
      groups.map(({ name, cameras }) => [name, ...cameras.map((c) => c.id)]),
    ]);
    if (order === this.arranged) return;
    this.arranged = order;
    const ids = new Set(shown.map((camera) => camera.id));
    for (const [id, card] of this.cards) {
      if (ids.has(id)) continue;
      card.close();
      this.cards.delete(id);
    }
    const focused = document.activeElement;
    fill(this.groups, ...(message ? [message] : groups.map((group) => this.group(group))));
    if (focused instanceof HTMLElement && this.groups.contains(focused)) focused.focus({ preventScroll: true });
  }

  private group({ name, cameras }: CameraGroup): HTMLElement {
    const cards = h("ul", { class: "camera-cards" }, ...cameras.map((camera) => this.card(camera).element));
    return name === null ? cards : h("section", {}, h("h2", { class: "group-name" }, name), cards);
  }

  private card(camera: CameraState): CameraCard {
    const card = this.cards.get(camera.id) ?? new CameraCard(this.app, camera);
    this.cards.set(camera.id, card);
    return card;
  }

  private renderSummary(cameras: readonly CameraState[]): void {
    const counts = LEVELS.map(
      (level) => cameras.filter((camera) => this.app.store.shownLevel(camera.level) === level).length,
    );
    const state = JSON.stringify([counts, this.levelFilter]);
    if (state === this.summarized) return;
    this.summarized = state;
    const chips = LEVELS.map((level, i) => this.chip(level, counts[i] ?? 0));
    const focused = [...this.summary.children].indexOf(document.activeElement as Element);
    fill(this.summary, ...chips);
    if (focused >= 0) chips[focused]?.focus();
  }

  private chip(level: Level, count: number): HTMLElement {
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
  }

  private filter(level: Level | null): void {
    this.levelFilter = level;
    this.render();
  }

  private matches(camera: CameraState): boolean {
    if (this.levelFilter !== null && this.app.store.shownLevel(camera.level) !== this.levelFilter) return false;
    const words = `${camera.name} ${camera.site?.name ?? ""} ${camera.owner ?? ""} ${camera.id}`.toLowerCase();
    return words.includes(this.searchText);
  }
}
