/** Still pictures of a camera: the newest, loaded again and again. */

import { serverNow } from "../api/server_clock";
import { h } from "../dom";
import { type PlayerState, STILL_AFTER_MS } from "./player";

/** Time between two pictures in place of video, ms. [assumption: the worker stores one a second] */
export const STILL_EVERY_MS = 1000;
/** Time in which a picture must arrive, ms. [assumption] */
const STILL_WITHIN_MS = 10_000;

export class StillImage {
  readonly element: HTMLImageElement;
  /** Time of the shown picture (ms since the Unix epoch); null without one. */
  frameTime: number | null = null;
  private url: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends the present request. What an earlier one answers is dropped. */
  private abort = new AbortController();
  /** Address of the shown picture in the memory of the browser. */
  private picture = "";

  /** everyMs: returns the time between two pictures (ms). */
  constructor(
    alt: string,
    private readonly onState: (state: PlayerState) => void,
    private readonly everyMs: () => number = () => STILL_EVERY_MS,
  ) {
    this.element = h("img", { alt, hidden: true });
    this.element.addEventListener("load", () => this.loaded());
    this.element.addEventListener("error", () => this.url !== null && this.failed("retrying"));
    document.addEventListener("visibilitychange", this.visibilityChanged);
  }

  /** Shows the pictures at an address until another call; null stops. */
  show(url: string | null): void {
    if (url === this.url) return;
    this.url = url;
    this.hide();
    if (url !== null) this.onState("loading");
    void this.load();
  }

  close(): void {
    this.url = null;
    void this.load();
    this.hide();
    document.removeEventListener("visibilitychange", this.visibilityChanged);
  }

  /** A hidden page loads no picture. */
  private readonly visibilityChanged = (): void => void this.load();

  private async load(): Promise<void> {
    clearTimeout(this.timer);
    this.abort.abort();
    if (this.url === null || document.hidden) return;
    const abort = new AbortController();
    this.abort = abort;
    this.timer = setTimeout(() => abort.abort(), STILL_WITHIN_MS);
    try {
      const response = await fetch(this.url, { signal: abort.signal, cache: "no-store" });
      const picture = await response.blob();
      if (abort !== this.abort) return;
      if (response.ok) this.put(picture, response.headers.get("Last-Modified"));
      else this.failed(response.status === 404 ? "missing" : "retrying");
    } catch {
      if (abort === this.abort) this.failed("unreachable");
    }
  }

  private put(picture: Blob, at: string | null): void {
    URL.revokeObjectURL(this.picture);
    this.picture = URL.createObjectURL(picture);
    const time = Date.parse(at ?? "");
    this.frameTime = Number.isNaN(time) ? null : time;
    this.element.src = this.picture;
  }

  private loaded(): void {
    this.element.hidden = false;
    const stands = this.frameTime !== null && serverNow() - this.frameTime > STILL_AFTER_MS;
    this.onState(stands ? "stalled" : "playing");
    this.loadLater();
  }

  private failed(state: PlayerState): void {
    this.hide();
    this.onState(state);
    this.loadLater();
  }

  private hide(): void {
    URL.revokeObjectURL(this.picture);
    this.element.hidden = true;
    this.element.removeAttribute("src");
    this.frameTime = null;
  }

  private loadLater(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), this.everyMs());
  }
}
