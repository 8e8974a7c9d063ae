/** Camera in words: place, level, flow and speed, state with its cause, and age of the data, which counts up. */

import "./camera_summary.css";

import type { CameraState } from "../api/schema";
import type { AppContext } from "../app_context";
import { type ConditionKind, causeText, conditionKind, conditionText, trafficText } from "../camera_condition";
import { fill, h } from "../dom";
import { operatorMessage } from "../explanations";
import { number } from "../format";
import { t } from "../i18n";
import { conditionIcon } from "./condition_icon";
import { freshness } from "./freshness";
import { levelBadge } from "./level_badge";

export class CameraSummary {
  readonly element = h("span", { class: "camera-summary" });
  private readonly age = h("span");
  private kind: ConditionKind = "unknown";
  private camera: CameraState | null = null;
  private rendered = "";

  /** named: with the name, the place and the badge, which a page of one camera shows elsewhere. */
  constructor(
    private readonly app: AppContext,
    private readonly named = true,
  ) {}

  /** distanceM: from the reader (m); null where it is not asked for. */
  update(camera: CameraState, distanceM: number | null = null): void {
    const { store, time } = this.app;
    const kind = conditionKind(camera, store.connection === "lost");
    this.camera = camera;
    this.kind = kind;
    const level = store.shownLevel(camera.level);
    const state = conditionText(camera, kind, time);
    const cause = operatorMessage(camera) ?? causeText(camera, kind);
    const traffic = this.isAnalysed ? trafficText(camera) : null;
    const place = placeOf(camera, distanceM);
    const content = JSON.stringify([camera.name, place, level, traffic, kind, state, cause]);
    if (content !== this.rendered) {
      this.rendered = content;
      fill(
        this.element,
        this.named ? h("span", { class: "camera-name" }, camera.name) : null,
        this.named && place ? h("span", { class: "camera-meta" }, place) : null,
        this.named ? levelBadge(level) : null,
        traffic ? h("span", { class: "camera-traffic" }, traffic) : null,
        h(
          "span",
          { class: "camera-state", "data-condition": kind },
          conditionIcon(kind),
          h("span", {}, state, this.age),
        ),
        cause ? h("span", { class: "camera-meta" }, cause) : null,
      );
    }
    this.tick();
  }

  /** Counts the age up. A camera that is down has the time of its last picture in its state. */
  tick(): void {
    if (this.camera === null) return;
    const text = this.isAnalysed ? ` · ${freshness(this.camera, this.app.time)}` : "";
    if (this.age.textContent !== text) this.age.textContent = text;
  }

  private get isAnalysed(): boolean {
    return this.kind === "live" || this.kind === "delayed";
  }
}

function placeOf(camera: CameraState, distanceM: number | null): string {
  const site = camera.site && camera.site.name !== camera.name ? camera.site.name : "";
  const unplaced = (camera.position ?? camera.site?.position) ? "" : t("noPosition");
  return [site, unplaced, distanceM === null ? "" : distanceText(distanceM)].filter(Boolean).join(" · ");
}

function distanceText(m: number): string {
  if (m < 1000) return t("metersAway", { n: number(Math.max(10, Math.round(m / 10) * 10)) });
  return t("kilometersAway", { n: number(m / 1000, m < 10_000 ? 1 : 0) });
}
