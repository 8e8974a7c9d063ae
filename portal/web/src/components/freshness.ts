/** Age of a camera's data as text: "Updated 5 seconds ago". */

import type { CameraState } from "../api/schema";
import { serverNow } from "../api/server_clock";
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
