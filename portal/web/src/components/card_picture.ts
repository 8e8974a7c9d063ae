/** Newest picture of a camera on a card, loaded only while the card is on the screen. */

import "./card_picture.css";

import type { CameraState } from "../api/schema";
import { serverNow } from "../api/server_clock";
import { conditionKind } from "../camera_condition";
import { pictureEveryMs } from "../data_saver";
import { h } from "../dom";
import { ago } from "../format";
import { t } from "../i18n";
import { StillImage } from "./still_image";

/** Distance (pixels) from the screen at which a card's picture is loaded. [assumption: a quick scroll] */
const MARGIN_PX = 120;

export class CardPicture {
  readonly element = h("span", { class: "card-picture" });
  private readonly image: StillImage;
  private readonly empty = h("span", { class: "card-picture-empty" }, t("pictureNone"));
  private readonly age = h("span", { class: "card-picture-age", hidden: true });
  private readonly observer: IntersectionObserver | null;
  private url: string | null = null;
  private onScreen = false;
  /** Whether the pictures that arrive show the present: a frozen camera repeats an old one with a new time. */
  private isCurrent = false;

  constructor(name: string) {
    this.image = new StillImage(t("pictureOf", { name }), () => this.tick(), pictureEveryMs);
    this.element.append(this.empty, this.image.element, this.age);
    this.observer = observe(this.element, (shown) => {
      this.onScreen = shown;
      this.show();
    });
  }

  /** Whether the card is on the screen, or close to it. */
  get isOnScreen(): boolean {
    return this.onScreen;
  }

  /** lost: the connection to the portal is lost, so that no picture is known to be of the present. */
  update(camera: CameraState, lost: boolean): void {
    const kind = conditionKind(camera, lost);
    this.isCurrent = kind === "live" || kind === "delayed";
    this.url = lost ? null : (camera.video?.preview ?? camera.video?.still ?? null);
    this.show();
  }

  tick(): void {
    const { frameTime } = this.image;
    const isShown = frameTime !== null && !this.image.element.hidden;
    this.empty.hidden = isShown;
    this.age.hidden = !isShown || !this.isCurrent;
    if (isShown) this.age.textContent = t("pictureAt", { time: ago(serverNow() - frameTime) });
  }

  close(): void {
    this.observer?.disconnect();
    this.image.close();
  }

  private show(): void {
    this.image.show(this.onScreen ? this.url : null);
    this.tick();
  }
}

/** Without the observer, as in old browsers, every card counts as shown. */
function observe(element: Element, onChange: (shown: boolean) => void): IntersectionObserver | null {
  if (typeof IntersectionObserver === "undefined") {
    onChange(true);
    return null;
  }
  const report = (entries: readonly IntersectionObserverEntry[]): void =>
    onChange(entries[entries.length - 1]?.isIntersecting === true);
  const observer = new IntersectionObserver(report, { rootMargin: `${MARGIN_PX}px` });
  observer.observe(element);
  return observer;
}
