/** Favourite cameras of this device: up to nine tiles with pictures, each with its video on a tap. */

import "./favorites.css";

import type { CameraState } from "../api/schema";
import type { AppContext, Page } from "../app_context";
import { CameraTile } from "../components/camera_tile";
import { failure, loading, notice } from "../components/notice";
import { fill, h } from "../dom";
import { favorites, onFavorites } from "../favorites";
import { t } from "../i18n";
import { siteAddress } from "../site_root";

/** Most tiles on the page. [target] */
const MAX_TILES = 9;

export function openFavorites(app: AppContext): Page {
  return new FavoritesPage(app);
}

class FavoritesPage implements Page {
  readonly title = t("favoritesTitle");
  readonly element: HTMLElement;
  private readonly content = h("div", { class: "favorites" });
  private readonly tiles = new Map<string, CameraTile>();
  private readonly unsubscribe: (() => void)[];
  private readonly timer: ReturnType<typeof setInterval>;
  private arranged = "";

  constructor(private readonly app: AppContext) {
    this.element = h("div", { class: "page" }, h("h1", {}, this.title), this.content);
    this.unsubscribe = [app.store.onChange(() => this.render()), onFavorites(() => this.render())];
    this.timer = setInterval(() => {
      for (const tile of this.tiles.values()) tile.tick();
    }, 1000);
    this.render();
  }

  close(): void {
    for (const end of this.unsubscribe) end();
    clearInterval(this.timer);
    for (const tile of this.tiles.values()) tile.close();
  }

  /** A favourite that is not among the cameras, or not public any more, is left out; its star stays for its return. */
  private render(): void {
    const { store } = this.app;
    const known = favorites()
      .map((id) => store.camera(id))
      .filter((camera) => camera !== undefined);
    const shown = known.slice(0, MAX_TILES);
    const ids = new Set(shown.map((camera) => camera.id));
    for (const [id, tile] of this.tiles) {
      if (ids.has(id)) continue;
      tile.close();
      this.tiles.delete(id);
    }
    const order = JSON.stringify([store.loaded, store.failure !== null, known.map((camera) => camera.id)]);
    if (order !== this.arranged) {
      this.arranged = order;
      fill(this.content, ...this.layout(shown, known.length - shown.length));
    }
    for (const camera of shown) this.tiles.get(camera.id)?.update(camera);
  }

  private layout(shown: readonly CameraState[], more: number): HTMLElement[] {
    const { store } = this.app;
    if (store.failure !== null) return [failure(store.failure)];
    if (!store.loaded) return [loading()];
    if (shown.length === 0) return [notice(t("favoritesNone"), h("a", { href: siteAddress("/") }, t("backToMap")))];
    const tiles = h("ul", { class: "camera-tiles" }, ...shown.map((camera) => this.tile(camera).element));
    const rest = more > 0 ? [h("p", { class: "hint" }, t("favoritesMore", { n: more }))] : [];
    return [h("p", { class: "hint" }, t("favoritesHint")), tiles, ...rest];
  }

  private tile(camera: CameraState): CameraTile {
    const tile = this.tiles.get(camera.id) ?? new CameraTile(this.app, camera);
    this.tiles.set(camera.id, tile);
    return tile;
  }
}
