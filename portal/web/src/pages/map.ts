/** The public front page: a map of the cameras, and a list with the same content. */

import "./map.css";

import type { AppContext, Page } from "../app_context";
import { CameraList } from "../components/camera_list";
import type { CameraMap } from "../components/camera_map";
import { h } from "../dom";
import { t } from "../i18n";

export function openMap(app: AppContext): Page {
  const list = new CameraList(app);
  const mapFrame = h("div", { class: "map-frame" });
  let map: CameraMap | null = null;
  let open = true;

  const unsubscribe = app.store.onChange(() => {
    list.render();
    map?.render();
  });
  const timer = setInterval(() => list.tick(), 1000);
  list.render();

  /** Loads Leaflet and adds the map. The list is already there, and the page can be used without the map. */
  async function addMap(): Promise<void> {
    const { CameraMap } = await import("../components/camera_map");
    if (!open) return;
    map = new CameraMap(app);
    mapFrame.append(map.element);
    map.shown();
  }

  return {
    title: t("mapTitle"),
    element: h("div", { class: "map-page" }, mapFrame, list.element),
    shown: () => void addMap(),
    close: () => {
      open = false;
      unsubscribe();
      clearInterval(timer);
      list.close();
      map?.close();
    },
  };
}
