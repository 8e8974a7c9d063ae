/** Still pictures of a camera that sends no video for browsers: the newest, loaded again and again. */

import { h } from "../dom";

/** Time between two pictures, ms. [assumption: the worker stores one a second] */
export const STILL_EVERY_MS = 1000;

export class StillImage {
  readonly element: HTMLImageElement;
  private url: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    alt: string,
    private readonly report: (shown: boolean) => void,
  ) {
    this.element = h("img", { alt, hidden: true });
    this.element.addEventListener("load", () => this.loaded(true));
    this.element.addEventListener("error", () => this.loaded(false));
    document.addEventListener("visibilitychange", this.load);
  }

  /** Shows the pictures at an address until another call; null stops. */
  show(url: string | null): void {
    if (url === this.url) return;
    this.url = url;
    if (url === null) this.loaded(false);
    this.load();
  }

  close(): void {
    this.url = null;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.load);
  }

  /** A hidden page loads no picture. */
  private readonly load = (): void => {
    clearTimeout(this.timer);
    if (this.url !== null && !document.hidden) this.element.src = `${this.url}?at=${Date.now()}`;
  };

  private loaded(shown: boolean): void {
    clearTimeout(this.timer);
    this.element.hidden = !shown;
    this.report(shown);
    if (this.url !== null) this.timer = setTimeout(this.load, STILL_EVERY_MS);
  }
}
