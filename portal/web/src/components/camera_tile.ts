/** Tile of a camera: its picture, its summary, and its video on a tap. */

import "./camera_tile.css";

import { get } from "../api/client";
import type { CameraState } from "../api/schema";
import type { AppContext } from "../app_context";
import { fill, h, svg } from "../dom";
import { t } from "../i18n";
import { siteAddress } from "../site_root";
import { CameraSummary } from "./camera_summary";
import { CardPicture } from "./card_picture";
import { FavoriteButton } from "./favorite_button";
import { failureText } from "./notice";
import type { VideoView } from "./video_view";

export class CameraTile {
  readonly element: HTMLElement;
  private readonly screen = h("div");
  private readonly message = h("p", { class: "hint", role: "status" });
  private readonly summary: CameraSummary;
  private readonly picture: CardPicture;
  private readonly star: FavoriteButton | null;
  private readonly still: HTMLElement;
  private readonly play: HTMLButtonElement;
  private readonly stop = h("button", { type: "button", class: "link-button", hidden: true }, t("stopVideo"));
  private video: VideoView | null = null;
  /** Whether the code of the player is being loaded. A second tap meanwhile opens no second player. */
  private opening = false;
  private closed = false;

  /** starred: with the star of the favourites, which a frame in another site cannot keep. */
  constructor(
    private readonly app: AppContext,
    private camera: CameraState,
    starred = true,
  ) {
    const { id, name } = camera;
    this.summary = new CameraSummary(app);
    this.picture = new CardPicture(name);
    this.star = starred ? new FavoriteButton(camera) : null;
    const label = t("playVideo", { name });
    const triangle = svg("svg", { viewBox: "0 0 24 24", class: "tile-play-icon", "aria-hidden": "true" });
    triangle.append(svg("path", { d: "M3 1v22l19-11z" }));
    const click = (): void => void this.openVideo();
    this.play = h("button", { type: "button", class: "tile-play", "aria-label": label, click }, triangle);
    this.still = h("div", { class: "tile-still" }, this.picture.element, this.play);
    this.stop.addEventListener("click", () => this.showPicture());
    const page = h("a", { href: siteAddress(`/camera/${encodeURIComponent(id)}`) }, t("openPage"));
    const head = h("div", { class: "tile-head" }, this.summary.element, this.star?.element);
    const tools = h("div", { class: "tile-tools" }, page, this.stop);
    const text = h("div", { class: "tile-text" }, head, this.message, tools);
    this.element = h("li", { class: "camera-tile", "data-camera": id }, this.screen, text);
    this.showPicture();
  }

  update(camera: CameraState): void {
    this.camera = camera;
    this.picture.update(camera, this.app.store.connection === "lost");
    this.summary.update(camera);
    this.renderPlay();
    this.video?.update(camera);
  }

  tick(): void {
    this.picture.tick();
    this.summary.tick();
    this.video?.tick();
  }

  close(): void {
    this.closed = true;
    this.video?.close();
    this.picture.close();
    this.star?.close();
  }

  private showPicture(): void {
    this.video?.close();
    this.video = null;
    this.stop.hidden = true;
    fill(this.screen, this.still);
  }

  /** Loads the code of the player, and the camera, and plays the video in place of the picture. */
  private async openVideo(): Promise<void> {
    if (this.opening) return;
    this.opening = true;
    this.renderPlay();
    this.message.textContent = "";
    try {
      const [{ VideoView }, detail] = await Promise.all([
        import("./video_view"),
        get("/api/cameras/{camera_id}", { path: { camera_id: this.camera.id } }),
      ]);
      if (this.closed) return;
      this.video = new VideoView(this.app, detail, this.camera);
      fill(this.screen, this.video.element);
      this.stop.hidden = false;
      this.stop.focus();
    } catch (error) {
      this.message.textContent = failureText(error);
    } finally {
      this.opening = false;
      this.renderPlay();
    }
  }

  private renderPlay(): void {
    this.play.disabled = this.opening || this.camera.video === null;
  }
}
