/** The public front page: a map of cameras, and a list that says the same. */

import "./map.css";

import type { App, Page } from "../app_context";
import { h } from "../dom";
import { t } from "../i18n";
import { CameraList } from "../components/camera_list";
import type { CameraMap } from "../components/camera_map";

export function openMap(app: App): Page {
  const list = new CameraList(app);
  const mapPlace = h("div", { class: "map-place" });
  let map: CameraMap | null = null;
  let open = true;

  const stop = app.live.onChange(() => {
    list.render();
    map?.render();
  });
  const timer = setInterval(() => list.tick(), 1000);
  list.render();

  /** The list is there at once; Leaflet follows, and the page is of use without it. */
  async function addMap(): Promise<void> {
    const { CameraMap } = await import("../components/camera_map");
    if (!open) return;
    map = new CameraMap(app);
    mapPlace.append(map.element);
    map.shown();
  }

  return {
    title: t("mapTitle"),
    element: h("div", { class: "front" }, mapPlace, list.element),
    shown: () => void addMap(),
    close: () => {
      open = false;
      stop();
      clearInterval(timer);
      map?.close();
    },
  };
}
