/** Live video with the level badge, the time of the frame, and a cover in place of missing video. */

import "./video_view.css";

import { apiUrl } from "../api/client";
import type { CameraDetail, CameraState } from "../api/schema";
import { serverNow } from "../api/server_clock";
import type { AppContext } from "../app_context";
import { savesData } from "../data_saver";
import { fill, h } from "../dom";
import { statusText } from "../explanations";
import { ago } from "../format";
import { localized, type TextKey, t } from "../i18n";
import { levelBadge } from "./level_badge";
import { Player, type PlayerState } from "./player";
import { STILL_EVERY_MS, StillImage } from "./still_image";
import { zoneOverlay } from "./zone_overlay";

/** Time (ms) from a picture until the next is loaded: the worker stores one every 5 s. It is never over 10 s old.
 * [source: pipelines/live_video/preview_writer.py]
 */
const PICTURE_EVERY_MS = 6000;
/** Least time (ms) between two loads of a picture that is late. [assumption] */
const PICTURE_WITHIN_MS = 1500;
/** States in which pictures are shown in place of video, with the words beside them. */
const PICTURES_TEXTS: Partial<Record<PlayerState, TextKey>> = { full: "videoFull", unsupported: "videoOnlyPictures" };
/** The same of the small rendition, which is made from the first request on. */
const SMALL_PICTURES_TEXTS: Partial<Record<PlayerState, TextKey>> = { ...PICTURES_TEXTS, missing: "videoSmallSoon" };
/** Time (ms) until the video is tried again where neither it nor its small rendition was to be had.
 * [source: portal/live/hls_routes.py, RETRY_AFTER_S]
 */
const VIDEO_AGAIN_MS = 15_000;
/** States in which the small rendition is tried in place of the video. */
const SMALL_HELPS: readonly PlayerState[] = ["full", "unsupported"];
/** Age (ms) from which a frame is shown with its age: more than live video is behind by itself. [assumption] */
const OLD_FRAME_MS = 60_000;

/** What a reader is shown in place of video that plays. */
const TROUBLE_TEXTS: Partial<Record<PlayerState, { title: TextKey; cause: TextKey }>> = {
  stalled: { title: "videoStands", cause: "videoStalled" },
  still: { title: "videoStands", cause: "videoStill" },
  retrying: { title: "videoMissing", cause: "videoRetrying" },
  undecodable: { title: "videoMissing", cause: "videoUndecodable" },
  missing: { title: "videoMissing", cause: "videoNotYet" },
  unreachable: { title: "videoMissing", cause: "videoUnreachable" },
  unsupported: { title: "videoMissing", cause: "videoUnsupported" },
  full: { title: "videoMissing", cause: "videoFull" },
};

export class VideoView {
  readonly element: HTMLElement;
  private readonly video: HTMLVideoElement;
  private readonly corner = h("div", { class: "video-badge" });
  private readonly frameTime = h("div", { class: "video-time", hidden: true });
  private readonly cover = h("div", { class: "video-cover", role: "status" });
  private readonly shapes = h("div", { class: "video-shapes" });
  private readonly player: Player;
  private readonly still: StillImage;
  private readonly note = h("div", { class: "video-note", role: "status", hidden: true });
  private state: PlayerState = "loading";
  private zonesShown = false;
  /** Why the small rendition is played without a wish for it: a state of the video; null while it is not. */
  private smallBecause: PlayerState | null = null;
  private again: ReturnType<typeof setTimeout> | undefined;
  private rendered = "";

  constructor(
    private readonly app: AppContext,
    private readonly detail: CameraDetail,
    private camera: CameraState,
  ) {
    this.video = h("video", {
      muted: true,
      autoplay: true,
      playsinline: true,
      "aria-label": t("video", { name: detail.name }),
    });
    this.video.muted = true;
    const stateChanged = (state: PlayerState): void => {
      if (SMALL_HELPS.includes(state) && this.camera.video?.small && !this.isSmall) {
        this.smallBecause = state;
        this.update(this.camera);
        return;
      }
      clearTimeout(this.again);
      if (state === "full" && this.smallBecause === "full") {
        this.again = setTimeout(() => this.playVideoAgain(), VIDEO_AGAIN_MS);
      }
      this.state = state;
      this.showStill();
      this.render();
    };
    this.still = new StillImage(
      t("video", { name: detail.name }),
      (state) => (this.hasStills ? stateChanged(state) : this.render()),
      () => (this.hasStills ? STILL_EVERY_MS : this.untilNextPictureMs()),
    );
    this.element = h(
      "div",
      { class: "video-view" },
      this.video,
      this.still.element,
      this.shapes,
      this.cover,
      this.corner,
      this.note,
      this.frameTime,
    );
    this.video.addEventListener("resize", () => this.render());
    this.player = new Player(this.video, stateChanged);
    this.update(camera);
  }

  update(camera: CameraState): void {
    this.camera = camera;
    const folder = this.isSmall ? `${camera.id}.small` : camera.id;
    this.player.play(this.playable && !this.hasStills && !this.onlyPictures ? liveAddress(folder, "index.m3u8") : null);
    this.showStill();
    this.render();
  }

  private playVideoAgain(): void {
    this.smallBecause = null;
    this.update(this.camera);
  }

  /** Whether the camera sends still pictures instead of video. */
  private get hasStills(): boolean {
    return Boolean(this.camera.video?.still);
  }

  /** Whether the video of the camera is for operators, and others see small pictures. */
  private get onlyPictures(): boolean {
    return Boolean(this.camera.video?.only_pictures);
  }

  /** Whether the small rendition is played: data is saved, or the video cannot be had. */
  private get isSmall(): boolean {
    return Boolean(this.camera.video?.small) && (savesData() || this.smallBecause !== null);
  }

  /** Words beside the small rendition; undefined while it is not played. */
  private get smallText(): TextKey | undefined {
    if (!this.isSmall || !this.playable) return undefined;
    return this.smallBecause === "full" ? "videoFullSmall" : "videoSmall";
  }

  /** Words beside small pictures in place of video; undefined where video is due. */
  private get picturesText(): TextKey | undefined {
    if (this.onlyPictures) return "videoNotPublic";
    return (this.isSmall ? SMALL_PICTURES_TEXTS : PICTURES_TEXTS)[this.state];
  }

  /** Shows still pictures: those of the camera, or small ones in place of video that is full or cannot be decoded. */
  private showStill(): void {
    const small = this.picturesText && this.camera.video?.preview ? "preview.jpg" : null;
    const file = this.hasStills ? "still.jpg" : small;
    this.still.show(this.playable && file ? liveAddress(this.camera.id, file) : null);
  }

  private untilNextPictureMs(): number {
    const due = (this.still.frameTime ?? 0) + PICTURE_EVERY_MS - serverNow();
    return Math.min(PICTURE_EVERY_MS, Math.max(PICTURE_WITHIN_MS, due));
  }

  showZones(shown: boolean): void {
    this.zonesShown = shown;
    this.render();
  }

  tick(): void {
    const shown = this.playable && (this.state === "playing" || this.state === "stalled" || this.showsPictures);
    const at = shown ? (this.still.frameTime ?? this.player.frameTime) : null;
    this.frameTime.hidden = at === null;
    if (at === null) return;
    const age = serverNow() - at;
    const time = this.app.time.clock(at, true);
    this.frameTime.textContent =
      age > OLD_FRAME_MS ? t("frameTimeOld", { time, ago: ago(age) }) : t("frameTime", { time });
  }

  close(): void {
    clearTimeout(this.again);
    this.player.close();
    this.still.close();
  }

  /** Whether a small picture is shown in place of video. */
  private get showsPictures(): boolean {
    return !this.hasStills && !this.still.element.hidden;
  }

  /** False for a camera that is down, so that its old segments are not shown as live video. */
  private get playable(): boolean {
    return this.camera.video !== null && this.camera.status !== "offline" && this.camera.status !== "connecting";
  }

  /** Width and height of the picture that is shown; zeros before there is one. */
  private get pictureSize(): readonly [number, number] {
    if (this.still.element.hidden) return [this.video.videoWidth, this.video.videoHeight];
    return [this.still.element.naturalWidth, this.still.element.naturalHeight];
  }

  private render(): void {
    const { store } = this.app;
    const level = store.shownLevel(this.camera.level);
    const state = JSON.stringify([
      level,
      this.camera.status,
      this.playable,
      this.state,
      store.connection === "lost",
      this.pictureSize,
      this.showsPictures,
      this.zonesShown,
      this.isSmall,
      this.camera.zones,
    ]);
    if (state === this.rendered) return;
    this.rendered = state;
    fill(this.corner, levelBadge(level));
    fill(this.cover, ...this.coverContent());
    this.cover.hidden = this.cover.childElementCount === 0;
    const words = this.showsPictures ? this.picturesText : this.smallText;
    this.note.hidden = words === undefined;
    this.note.textContent = words ? t(words) : "";
    const overlay = this.zonesShown
      ? zoneOverlay(this.detail, this.pictureSize, this.camera.zones, (each) => store.shownLevel(each))
      : null;
    fill(this.shapes, overlay);
    this.tick();
  }

  private coverContent(): HTMLElement[] {
    const { status, out_of_service } = this.camera;
    if (out_of_service) return [h("strong", {}, t("statusOutOfService")), h("span", {}, localized(out_of_service))];
    if (!this.playable) {
      const lost = this.app.store.connection === "lost";
      const state = lost ? t("statusUnknown") : statusText(this.camera);
      const reason = status === "online" || status === "degraded" ? t("videoNone") : state;
      return [h("strong", {}, t("videoMissing")), h("span", {}, `${reason}.`)];
    }
    if (this.showsPictures) return [];
    if (this.onlyPictures) return [h("strong", {}, t("videoMissing")), h("span", {}, t("videoNotPublic"))];
    if (this.state === "playing") return status === "frozen" ? [h("strong", {}, t("statusFrozen"))] : [];
    if (this.state === "loading") return [h("span", {}, t("videoLoading"))];
    if (this.isSmall && this.state === "missing") return [h("span", {}, t("videoSmallSoon"))];
    const text = TROUBLE_TEXTS[this.state];
    if (text) return [h("strong", {}, t(text.title)), h("span", {}, t(text.cause))];
    return [h("button", { type: "button", class: "button", click: () => this.player.resume() }, t("videoPaused"))];
  }
}

function liveAddress(id: string, file: string): string {
  return apiUrl("/live/{camera_id}/{file}", { path: { camera_id: id, file } });
}
