/** Card of a camera in the list: its newest picture and its summary, both a link to its page, and a star. */

import "./camera_card.css";

import type { CameraState } from "../api/schema";
import type { AppContext } from "../app_context";
import { h } from "../dom";
import { siteAddress } from "../site_root";
import { CameraSummary } from "./camera_summary";
import { CardPicture } from "./card_picture";
import { FavoriteButton } from "./favorite_button";

export class CameraCard {
  readonly element: HTMLElement;
  private readonly picture: CardPicture;
  private readonly summary: CameraSummary;
  private readonly star: FavoriteButton;

  constructor(
    private readonly app: AppContext,
    camera: CameraState,
  ) {
    this.picture = new CardPicture(camera.name);
    this.summary = new CameraSummary(app);
    this.star = new FavoriteButton(camera);
    const href = siteAddress(`/camera/${encodeURIComponent(camera.id)}`);
    const link = h("a", { href, class: "card-link" }, this.picture.element, this.summary.element);
    this.element = h("li", { "data-camera": camera.id, class: "camera-card" }, link, this.star.element);
  }

  /** distanceM: from the reader (m); null where it is not asked for. */
  update(camera: CameraState, distanceM: number | null): void {
    this.picture.update(camera, this.app.store.connection === "lost");
    this.summary.update(camera, distanceM);
  }

  /** Counts the ages up, where they can be seen. */
  tick(): void {
    if (!this.picture.isOnScreen) return;
    this.picture.tick();
    this.summary.tick();
  }

  close(): void {
    this.picture.close();
    this.star.close();
  }
}
