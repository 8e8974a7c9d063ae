/** Age of a camera's data as text ("Updated 5 seconds ago"), refreshed in place. */

import type { CameraState } from "../api/schema";
import { serverNow } from "../api/server_clock";
import { h } from "../dom";
import { ago, type TimeFormat } from "../format";
import { t } from "../i18n";
import { DAY_MS } from "../timezone";

/** Age of the newest data of a camera. */
export function freshness(camera: CameraState, time: TimeFormat): string {
  if (camera.last_analysed_at === null) return t("neverUpdated");
  const at = Date.parse(camera.last_analysed_at);
  const age = serverNow() - at;
  const when = age < DAY_MS ? ago(age) : time.dayAndClock(at);
  const analysed = camera.status === "online" || camera.status === "degraded";
  return t(analysed ? "updated" : "lastData", { ago: when });
}

export function freshnessLine(camera: CameraState, time: TimeFormat): HTMLElement {
  return h("span", { "data-freshness-of": camera.id }, freshness(camera, time));
}

/** Rewrites the text of every line under `root`. The elements stay, so that nothing else on the page moves. */
export function refreshFreshness(root: Element, cameras: readonly CameraState[], time: TimeFormat): void {
  const byId = new Map(cameras.map((camera) => [camera.id, camera]));
  for (const line of root.querySelectorAll<HTMLElement>("[data-freshness-of]")) {
    const camera = byId.get(line.dataset.freshnessOf ?? "");
    if (camera) line.textContent = freshness(camera, time);
  }
}
