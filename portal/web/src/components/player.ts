/** Live video: hls.js where the browser has MediaSource, else the browser's own player. Errors are always retried. */

import type HlsPlayer from "hls.js";
import { retryDelayMs } from "../retry";

export type PlayerState = "loading" | "playing" | "paused" | "retrying" | "unsupported";

/** [assumption] */
const RETRY_DELAYS = { firstMs: 2000, maxMs: 30_000 };
/** A playing video whose time has not advanced for so long (ms) is restarted. [assumption] */
export const STALLED_AFTER_MS = 12_000;
/** Seconds of video kept before and loaded after the shown frame. [assumption: live video needs little of both] */
const BUFFER = { backBufferLength: 10, maxBufferLength: 12 };
/** Media type of an HLS playlist. [RFC 8216] */
const HLS_TYPE = "application/vnd.apple.mpegurl";

export class Player {
  private hls: HlsPlayer | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly stallTimer: ReturnType<typeof setInterval>;
  private failures = 0;
  private advancedAt = performance.now();
  private lastTime = 0;
  private url: string | null = null;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly report: (state: PlayerState) => void,
  ) {
    video.addEventListener("playing", () => this.report("playing"));
    video.addEventListener("error", () => this.retry());
    document.addEventListener("visibilitychange", this.visibilityChanged);
    this.stallTimer = setInterval(() => this.checkProgress(), 1000);
  }

  /** Plays the stream at an address until another call; null stops. */
  play(url: string | null): void {
    if (url === this.url) return;
    this.url = url;
    this.failures = 0;
    void this.load();
  }

  /** Time of capture of the shown frame (ms since the Unix epoch); null if the stream has no such time. */
  get frameTime(): number | null {
    return this.hls?.playingDate?.getTime() ?? null;
  }

  resume(): void {
    this.video.play().catch(() => this.report("paused"));
  }

  close(): void {
    this.url = null;
    this.unload();
    clearInterval(this.stallTimer);
    document.removeEventListener("visibilitychange", this.visibilityChanged);
  }

  /** A hidden page loads no video, which saves mobile data and bandwidth of the server. */
  private readonly visibilityChanged = (): void => {
    if (document.hidden) this.unload();
    else void this.load();
  };

  private async load(): Promise<void> {
    this.unload();
    const url = this.url;
    if (url === null || document.hidden) return;
    this.advancedAt = performance.now();
    this.report(this.failures === 0 ? "loading" : "retrying");
    const { default: Hls } = await import("hls.js/light");
    if (url !== this.url || this.hls) return;
    if (Hls.isSupported()) this.attach(new Hls({ enableWorker: false, ...BUFFER }), url, Hls);
    else if (this.video.canPlayType(HLS_TYPE)) this.video.src = url;
    else return this.report("unsupported");
    this.resume();
  }

  private attach(hls: HlsPlayer, url: string, Hls: typeof HlsPlayer): void {
    this.hls = hls;
    hls.on(Hls.Events.ERROR, (_event, problem) => {
      if (!problem.fatal || this.hls !== hls) return;
      const { MANIFEST_INCOMPATIBLE_CODECS_ERROR, BUFFER_ADD_CODEC_ERROR } = Hls.ErrorDetails;
      if (problem.details === MANIFEST_INCOMPATIBLE_CODECS_ERROR || problem.details === BUFFER_ADD_CODEC_ERROR) {
        // H.265 in a browser without a decoder for it: a retry would not help.
        this.unload();
        this.report("unsupported");
      } else if (problem.type === Hls.ErrorTypes.MEDIA_ERROR && this.failures === 0) {
        this.failures = 1;
        hls.recoverMediaError();
      } else this.retry();
    });
    hls.loadSource(url);
    hls.attachMedia(this.video);
  }

  private unload(): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    this.hls?.destroy();
    this.hls = null;
    this.video.removeAttribute("src");
    this.video.load();
  }

  private retry(): void {
    if (this.url === null || this.retryTimer !== undefined || (!this.hls && !this.video.src)) return;
    this.unload();
    this.report("retrying");
    const delay = retryDelayMs(RETRY_DELAYS, this.failures);
    this.failures += 1;
    this.retryTimer = setTimeout(() => void this.load(), delay);
  }

  /** Restarts a stalled video, for which players report no error. */
  private checkProgress(): void {
    const { currentTime, paused } = this.video;
    const now = performance.now();
    if (currentTime !== this.lastTime) {
      this.lastTime = currentTime;
      this.advancedAt = now;
      if (!paused) this.failures = 0;
    } else if (!paused && now - this.advancedAt > STALLED_AFTER_MS) this.retry();
  }
}
