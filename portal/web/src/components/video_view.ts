/** The picture with its badge: what is happening, and whether what is seen can be believed. */

import type { Camera, CameraDetail, Status } from "../api/client";
import type { App } from "../app_context";
import { fill, h } from "../dom";
import { said, t, type TextKey } from "../i18n";
import { badge } from "../levels";
import { Player, type PlayerState } from "./player";
import { zoneOverlay } from "./zone_overlay";

export const STATUS_TEXTS: Record<Status, TextKey> = {
  online: "statusOnline",
  degraded: "statusDegraded",
  connecting: "statusConnecting",
  frozen: "statusFrozen",
  unusable: "statusUnusable",
  offline: "statusOffline",
};

export class VideoView {
  readonly element: HTMLElement;
  private readonly video: HTMLVideoElement;
  private readonly corner = h("div", { class: "video-badge" });
  private readonly pictureTime = h("div", { class: "video-time", hidden: true });
  private readonly cover = h("div", { class: "video-cover", role: "status" });
  private readonly shapes = h("div", { class: "video-shapes" });
  private readonly player: Player;
  private state: PlayerState = "loading";
  private zonesShown = false;
  private drawn = "";

  constructor(
    private readonly app: App,
    private readonly detail: CameraDetail,
    private camera: Camera,
  ) {
    this.video = h("video", { muted: true, autoplay: true, playsinline: true, "aria-label": t("video", { name: detail.name }) });
    this.video.muted = true;
    this.element = h("div", { class: "video" }, this.video, this.shapes, this.cover, this.corner, this.pictureTime);
    this.player = new Player(this.video, (state) => {
      this.state = state;
      this.render();
    });
    this.update(camera);
  }

  update(camera: Camera): void {
    this.camera = camera;
    this.player.play(this.playable ? (camera.video?.hls ?? null) : null);
    this.render();
  }

  showZones(shown: boolean): void {
    this.zonesShown = shown;
    this.render();
  }

  tick(): void {
    const at = this.playable && this.state === "playing" ? this.player.pictureAt : null;
    this.pictureTime.hidden = at === null;
    if (at !== null) this.pictureTime.textContent = t("pictureAt", { time: this.app.time.clock(at, true) });
  }

  close(): void {
    this.player.close();
  }

  /** Old segments of a camera that is down must not pass for live video. */
  private get playable(): boolean {
    return this.camera.video !== null && this.camera.status !== "offline" && this.camera.status !== "connecting";
  }

  private render(): void {
    const { live } = this.app;
    const level = live.level(this.camera.level);
    const state = JSON.stringify([level, this.camera.status, this.playable, this.state, this.zonesShown, this.camera.zones]);
    if (state === this.drawn) return;
    this.drawn = state;
    fill(this.corner, badge(level));
    fill(this.cover, ...this.coverContent());
    this.cover.hidden = this.cover.childElementCount === 0;
    const overlay = this.zonesShown ? zoneOverlay(this.detail, this.camera.zones, (each) => live.level(each)) : null;
    fill(this.shapes, overlay);
    this.tick();
  }

  private coverContent(): HTMLElement[] {
    const { status, out_of_service } = this.camera;
    if (out_of_service) return [h("strong", {}, t("statusOutOfService")), h("span", {}, said(out_of_service))];
    if (!this.playable) {
      const reason = t(status === "online" || status === "degraded" ? "videoNone" : STATUS_TEXTS[status]);
      return [h("strong", {}, t("videoMissing")), h("span", {}, `${reason}.`)];
    }
    if (this.state === "playing") return status === "frozen" ? [h("strong", {}, t("statusFrozen"))] : [];
    if (this.state === "loading") return [h("span", {}, t("videoLoading"))];
    if (this.state === "retrying") return [h("strong", {}, t("videoMissing")), h("span", {}, t("videoRetrying"))];
    if (this.state === "unsupported") return [h("strong", {}, t("videoMissing")), h("span", {}, t("videoUnsupported"))];
    return [h("button", { type: "button", class: "button", click: () => this.player.resume() }, t("videoPaused"))];
  }
}
