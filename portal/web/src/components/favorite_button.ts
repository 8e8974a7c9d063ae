/** Star that adds a camera to the favourites, or removes it. */

import "./favorite_button.css";

import type { CameraState } from "../api/schema";
import { h, svg } from "../dom";
import { isFavorite, onFavorites, toggleFavorite } from "../favorites";
import { t } from "../i18n";

/** Outline of a star in a square of 24. */
const STAR =
  "M12 3.200l2.700 5.600 6.100.800-4.500 4.200 1.100 6.100-5.400-3-5.400 3 1.100-6.100L3.200 9.600l6.100-.800z";

export class FavoriteButton {
  readonly element: HTMLButtonElement;
  /** Ends the updates. */
  readonly close: () => void;

  constructor(private readonly camera: Pick<CameraState, "id" | "name">) {
    const star = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: STAR }));
    const click = (): void => toggleFavorite(camera.id);
    this.element = h("button", { type: "button", class: "favorite-button", click }, star);
    this.close = onFavorites(() => this.render());
    this.render();
  }

  private render(): void {
    const favorite = isFavorite(this.camera.id);
    this.element.title = t(favorite ? "removeFavorite" : "addFavorite", { name: this.camera.name });
    this.element.setAttribute("aria-label", t("addFavorite", { name: this.camera.name }));
    this.element.setAttribute("aria-pressed", String(favorite));
  }
}
