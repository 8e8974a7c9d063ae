/** Widgets for frames of other sites: one camera, all cameras of a site, or the map. */

import "./embed.css";

import type { CameraState } from "../api/schema";
import type { AppContext, Page } from "../app_context";
import { CameraTile } from "../components/camera_tile";
import { failure, loading, notice } from "../components/notice";
import { fill, h } from "../dom";
import { t } from "../i18n";

export function openEmbedCamera(app: AppContext, id: string): Page {
  return new TilesPage(app, t("camera"), (camera) => camera.id === id);
}

export function openEmbedSite(app: AppContext, id: string): Page {
  return new TilesPage(app, t("site"), (camera) => camera.site?.id === id);
}

export function openEmbedMap(app: AppContext): Page {
  const frame = h("div", { class: "embed-map" });
  let open = true;
  let close = (): void => undefined;
  return {
    title: t("mapTitle"),
    element: frame,
    shown: async () => {
      const { CameraMap } = await import("../components/camera_map");
      if (!open) return;
      const map = new CameraMap(app);
      frame.append(map.element);
      map.shown();
      const unsubscribe = app.store.onChange(() => map.render());
      close = () => {
        unsubscribe();
        map.close();
      };
    },
    close: () => {
      open = false;
      close();
    },
  };
}

/** Tiles of the cameras that a widget shows, in the order of the configuration. */
class TilesPage implements Page {
  readonly element = h("div", { class: "embed-tiles" });
  private readonly tiles = new Map<string, CameraTile>();
  private readonly unsubscribe: () => void;
  private readonly timer: ReturnType<typeof setInterval>;
  private arranged = "";

  constructor(
    private readonly app: AppContext,
    readonly title: string,
    private readonly isShown: (camera: CameraState) => boolean,
  ) {
    this.unsubscribe = app.store.onChange(() => this.render());
    this.timer = setInterval(() => {
      for (const tile of this.tiles.values()) tile.tick();
    }, 1000);
    this.render();
  }

  close(): void {
    this.unsubscribe();
    clearInterval(this.timer);
    for (const tile of this.tiles.values()) tile.close();
  }

  private render(): void {
    const { store } = this.app;
    const cameras = store.list().filter(this.isShown);
    const order = JSON.stringify([store.loaded, store.failure !== null, cameras.map((camera) => camera.id)]);
    if (order !== this.arranged) {
      this.arranged = order;
      for (const tile of this.tiles.values()) tile.close();
      this.tiles.clear();
      fill(this.element, this.content(cameras));
    }
    for (const camera of cameras) this.tiles.get(camera.id)?.update(camera);
  }

  private content(cameras: readonly CameraState[]): HTMLElement {
    const { store } = this.app;
    if (store.failure !== null) return failure(store.failure);
    if (!store.loaded) return loading();
    if (cameras.length === 0) return notice(t("cameraNotFound"));
    for (const camera of cameras) this.tiles.set(camera.id, new CameraTile(this.app, camera, false));
    return h("ul", { class: "camera-tiles" }, ...[...this.tiles.values()].map((tile) => tile.element));
  }
}
