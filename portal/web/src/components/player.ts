/** Live video: hls.js where there is MediaSource, the browser's own player elsewhere; it keeps trying for ever. */

import type HlsPlayer from "hls.js";

export type PlayerState = "loading" | "playing" | "paused" | "retrying" | "unsupported";

const SHORTEST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 30_000;
const STALLED_AFTER_MS = 12_000;
const HLS_TYPE = "application/vnd.apple.mpegurl";

export class Player {
  private hls: HlsPlayer | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly watchTimer: ReturnType<typeof setInterval>;
  private failures = 0;
  private movedAt = performance.now();
  private lastTime = 0;
  private url: string | null = null;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly report: (state: PlayerState) => void,
  ) {
    video.addEventListener("playing", () => this.report("playing"));
    video.addEventListener("error", () => this.retry());
    document.addEventListener("visibilitychange", this.visibilityChanged);
    this.watchTimer = setInterval(() => this.watch(), 1000);
  }

  /** Plays this stream from now on; null stops. */
  play(url: string | null): void {
    if (url === this.url) return;
    this.url = url;
    this.failures = 0;
    void this.load();
  }

  /** When the shown picture was taken (ms since the epoch); null where the stream does not say. */
  get pictureAt(): number | null {
    return this.hls?.playingDate?.getTime() ?? null;
  }

  resume(): void {
    this.video.play().catch(() => this.report("paused"));
  }

  close(): void {
    this.url = null;
    this.unload();
    clearInterval(this.watchTimer);
    document.removeEventListener("visibilitychange", this.visibilityChanged);
  }

  /** Who does not look does not load: phones pay for data, and the city for its line. */
  private readonly visibilityChanged = (): void => {
    if (document.hidden) this.unload();
    else void this.load();
  };

  private async load(): Promise<void> {
    this.unload();
    const url = this.url;
    if (url === null || document.hidden) return;
    this.movedAt = performance.now();
    this.report(this.failures === 0 ? "loading" : "retrying");
    const { default: Hls } = await import("hls.js/light");
    if (url !== this.url || this.hls) return;
    if (Hls.isSupported()) this.attach(new Hls({ enableWorker: false, backBufferLength: 10, maxBufferLength: 12 }), url, Hls);
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
        // H.265 where the browser has no decoder for it: trying again would not help.
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
    const wait = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** this.failures);
    this.failures += 1;
    this.retryTimer = setTimeout(() => void this.load(), wait * (0.75 + Math.random() / 2));
  }

  /** A picture that stands still is an error that no player reports. */
  private watch(): void {
    const { currentTime, paused } = this.video;
    const now = performance.now();
    if (currentTime !== this.lastTime) {
      this.lastTime = currentTime;
      this.movedAt = now;
      if (!paused) this.failures = 0;
    } else if (!paused && now - this.movedAt > STALLED_AFTER_MS) this.retry();
  }
}
