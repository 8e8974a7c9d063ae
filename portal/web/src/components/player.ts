/** Live video: hls.js where the browser has MediaSource, else the browser's own player. Errors are always retried. */

import type HlsPlayer from "hls.js";
import type { ErrorData } from "hls.js";
import { retryDelayMs } from "../retry";

/** `paused`: the browser refused to start without a tap. `missing`: the server has no video of the camera.
 * `unreachable`: the server did not answer. `stalled`: no further video arrives. `still`: the video goes on but
 * no further picture of it is decoded. `undecodable`: video arrives, but none of it is shown, as without key frames.
 * `unsupported`: the browser has no decoder for the codec. `full`: the server admits no further viewer at present.
 */
export type PlayerState =
  | "loading"
  | "playing"
  | "paused"
  | "stalled"
  | "still"
  | "retrying"
  | "missing"
  | "unreachable"
  | "undecodable"
  | "unsupported"
  | "full";

/** [assumption] */
const RETRY_DELAYS = { firstMs: 2000, maxMs: 30_000 };
/** Delay until a viewer that was not admitted asks again. [source: portal/live/hls_routes.py, RETRY_AFTER_S] */
const FULL_DELAYS = { firstMs: 15_000, maxMs: 15_000 };
/** Time without progress (ms) after which a playing video is reported as stalled. [assumption] */
export const STALLED_SHOWN_AFTER_MS = 5000;
/** A playing video whose time has not advanced for so long (ms) is restarted. [assumption] */
export const STALLED_AFTER_MS = 12_000;
/** Time (ms) in which the video advances without a new frame until its picture stands still. Longer than the time
 * between two frames of slow cameras. [assumption]
 */
export const STILL_AFTER_MS = 15_000;
/** Seconds of video kept before and loaded after the shown frame. [assumption: live video needs little of both] */
const BUFFER = { backBufferLength: 10, maxBufferLength: 12 };
/** Media type of an HLS playlist. [RFC 8216] */
const HLS_TYPE = "application/vnd.apple.mpegurl";

export class Player {
  private hls: HlsPlayer | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly progressTimer: ReturnType<typeof setInterval>;
  private failures = 0;
  /** Number of the load. Whatever an earlier load reports is dropped. */
  private loadId = 0;
  private state: PlayerState = "loading";
  private advancedAt = performance.now();
  private lastTime = 0;
  private decodedAt = performance.now();
  private decodedFrames = 0;
  /** Whether video has arrived of which nothing was shown yet. */
  private arrived = false;
  private checkedAt = performance.now();
  private url: string | null = null;
  /** Playlist with the lease of this viewer, where the uplink is limited: a further load needs no second lease. */
  private leased: string | null = null;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly onState: (state: PlayerState) => void,
  ) {
    video.addEventListener("playing", () => this.began());
    video.addEventListener("error", () => this.nativeError());
    document.addEventListener("visibilitychange", this.visibilityChanged);
    window.addEventListener("online", this.online);
    this.progressTimer = setInterval(() => this.checkProgress(), 1000);
  }

  /** Plays the stream at an address until another call; null stops. */
  play(url: string | null): void {
    if (url === this.url) return;
    this.url = url;
    this.leased = null;
    this.failures = 0;
    void this.load();
  }

  /** Time of capture of the shown frame (ms since the Unix epoch); null if the stream has no such time. */
  get frameTime(): number | null {
    return this.hls?.playingDate?.getTime() ?? null;
  }

  /** Starts the video. Only a refusal by the browser needs a tap: a load that was given up rejects too. */
  resume(): void {
    const { loadId } = this;
    this.video.play().catch((error: unknown) => {
      const refused = error instanceof DOMException && error.name === "NotAllowedError";
      if (refused && loadId === this.loadId) this.report("paused");
    });
  }

  close(): void {
    this.url = null;
    this.unload();
    clearInterval(this.progressTimer);
    document.removeEventListener("visibilitychange", this.visibilityChanged);
    window.removeEventListener("online", this.online);
  }

  private report(state: PlayerState): void {
    this.state = state;
    this.onState(state);
  }

  /** A hidden page loads no video, which saves mobile data and bandwidth of the server. */
  private readonly visibilityChanged = (): void => {
    if (document.hidden) this.unload();
    else void this.load();
  };

  /** The network is back: the next try is not waited for. */
  private readonly online = (): void => {
    if (this.retryTimer !== undefined) void this.load();
  };

  private async load(): Promise<void> {
    this.unload();
    const { url, loadId } = this;
    if (url === null || document.hidden) return;
    this.advancedAt = this.decodedAt = performance.now();
    this.arrived = false;
    if (this.failures === 0) this.report("loading");
    const library = await import("hls.js/light").catch(() => null);
    if (loadId !== this.loadId) return;
    if (library === null) return this.retryLater("unreachable");
    const { default: Hls } = library;
    if (Hls.isSupported()) this.attach(new Hls({ enableWorker: false, ...BUFFER }), url, Hls);
    else if (this.video.canPlayType(HLS_TYPE)) this.video.src = url;
    else return this.giveUp();
    this.resume();
  }

  private attach(hls: HlsPlayer, url: string, Hls: typeof HlsPlayer): void {
    this.hls = hls;
    hls.on(Hls.Events.ERROR, (_event, problem) => {
      if (!problem.fatal || this.hls !== hls) return;
      if (isMissingDecoder(problem, Hls)) this.giveUp();
      else if (problem.type === Hls.ErrorTypes.MEDIA_ERROR && this.failures === 0) {
        this.failures = 1;
        hls.recoverMediaError();
      } else this.retry(stateAfter(problem, Hls));
    });
    hls.on(Hls.Events.FRAG_BUFFERED, () => {
      this.arrived = true;
    });
    hls.on(Hls.Events.MANIFEST_PARSED, (_event, { levels }) => {
      const address = levels[0]?.url[0];
      if (address?.includes("?lease=")) this.leased = address;
    });
    hls.loadSource(this.leased ?? url);
    hls.attachMedia(this.video);
  }

  /** H.265 in a browser without a decoder for it: a retry would not help. */
  private giveUp(): void {
    this.unload();
    this.report("unsupported");
  }

  private unload(): void {
    this.loadId += 1;
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    this.hls?.destroy();
    this.hls = null;
    this.video.removeAttribute("src");
    this.video.load();
  }

  private retry(state: PlayerState): void {
    if (this.url === null || this.retryTimer !== undefined || !this.isLoaded) return;
    this.unload();
    this.retryLater(state);
  }

  private retryLater(state: PlayerState): void {
    if (state === "full" || state === "missing") this.leased = null;
    this.report(state);
    const delay = retryDelayMs(state === "full" ? FULL_DELAYS : RETRY_DELAYS, this.failures);
    this.failures += 1;
    this.retryTimer = setTimeout(() => void this.load(), delay);
  }

  private get isLoaded(): boolean {
    return this.hls !== null || this.video.hasAttribute("src");
  }

  private began(): void {
    if (!this.isLoaded) return;
    this.decodedAt = performance.now();
    this.report("playing");
  }

  /** Error of the browser's own player, which states no reason: the playlist shows whether there is video at all. */
  private nativeError(): void {
    if (this.hls || !this.isLoaded) return;
    const { url, loadId } = this;
    void fetch(url ?? "", { method: "HEAD", cache: "no-store" }).then(
      ({ ok, status }) => {
        if (loadId !== this.loadId) return;
        if (!ok) this.retry(stateOf(status));
        else if (this.failures === 0) this.retry("retrying");
        else this.giveUp();
      },
      () => loadId === this.loadId && this.retry("unreachable"),
    );
  }

  /** Notices what players report no error for: a stalled video, a pause by the browser, and a picture that stands. */
  private checkProgress(): void {
    if (!this.isLoaded || document.hidden) return;
    const { currentTime, paused } = this.video;
    const now = performance.now();
    if (paused) {
      if (this.state === "playing" || this.state === "stalled" || this.state === "still") this.resume();
      this.advancedAt = this.decodedAt = now;
    } else if (currentTime === this.lastTime) {
      this.decodedAt += now - this.checkedAt;
      if (now - this.advancedAt > STALLED_AFTER_MS) this.retry(this.arrived ? "undecodable" : "retrying");
      else if (now - this.advancedAt > STALLED_SHOWN_AFTER_MS && this.state === "playing") this.report("stalled");
    } else this.advanced(now);
    this.lastTime = currentTime;
    this.checkedAt = now;
  }

  private advanced(now: number): void {
    this.advancedAt = now;
    this.arrived = false;
    const frames = this.video.getVideoPlaybackQuality?.().totalVideoFrames ?? null;
    if (frames === null || frames !== this.decodedFrames) this.decodedAt = now;
    this.decodedFrames = frames ?? 0;
    if (now - this.decodedAt > STILL_AFTER_MS) {
      if (this.state !== "still") this.report("still");
      return;
    }
    this.failures = 0;
    if (this.state === "stalled" || this.state === "still") this.report("playing");
  }
}

function isMissingDecoder({ details }: ErrorData, { ErrorDetails }: typeof HlsPlayer): boolean {
  const { MANIFEST_INCOMPATIBLE_CODECS_ERROR, BUFFER_ADD_CODEC_ERROR, BUFFER_INCOMPATIBLE_CODECS_ERROR } = ErrorDetails;
  return (
    details === MANIFEST_INCOMPATIBLE_CODECS_ERROR ||
    details === BUFFER_ADD_CODEC_ERROR ||
    details === BUFFER_INCOMPATIBLE_CODECS_ERROR
  );
}

/** What to report until the next try: 404 is a camera without video, an error without an answer a lost server.
 * An error of the decoder is one of video that has arrived.
 */
function stateAfter({ type, response }: ErrorData, { ErrorTypes }: typeof HlsPlayer): PlayerState {
  if (type === ErrorTypes.MEDIA_ERROR) return "undecodable";
  if (type !== ErrorTypes.NETWORK_ERROR) return "retrying";
  return response?.code ? stateOf(response.code) : "unreachable";
}

/** What to report after an answer with an error status. */
function stateOf(status: number): PlayerState {
  if (status === 404) return "missing";
  return status === 429 ? "full" : "retrying";
}
