// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Player, type PlayerState, STALLED_AFTER_MS } from "../../src/components/player";
import { collectListeners } from "../support/listeners";

type Problem = { fatal: boolean; type?: string; details?: string };

/** The part of hls.js that the player uses. */
class FakeHls {
  static supported = true;
  static readonly instances: FakeHls[] = [];
  static readonly Events = { ERROR: "error" };
  static readonly ErrorTypes = { MEDIA_ERROR: "media" };
  static readonly ErrorDetails = {
    MANIFEST_INCOMPATIBLE_CODECS_ERROR: "incompatible",
    BUFFER_ADD_CODEC_ERROR: "add codec",
  };
  static isSupported(): boolean {
    return FakeHls.supported;
  }

  source = "";
  destroyed = false;
  recoveries = 0;
  playingDate: Date | null = new Date("2026-11-22T00:00:00Z");
  private onError: (event: string, problem: Problem) => void = () => undefined;

  constructor() {
    FakeHls.instances.push(this);
  }

  on(_event: string, listener: (event: string, problem: Problem) => void): void {
    this.onError = listener;
  }

  loadSource(url: string): void {
    this.source = url;
  }

  attachMedia(): void {}

  recoverMediaError(): void {
    this.recoveries += 1;
  }

  destroy(): void {
    this.destroyed = true;
  }

  fail(problem: Partial<Problem> = {}): void {
    this.onError("error", { fatal: true, type: "network", ...problem });
  }
}

vi.mock("hls.js/light", () => ({ default: FakeHls }));

const URL = "/live/kabil-1/index.m3u8";
let states: PlayerState[];
let video: HTMLVideoElement;
let player: Player;
let removeListeners: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  removeListeners = collectListeners();
  FakeHls.instances.length = 0;
  FakeHls.supported = true;
  video = document.createElement("video");
  let paused = true;
  Object.defineProperty(video, "paused", { get: () => paused });
  Object.defineProperty(video, "currentTime", { value: 0, writable: true });
  video.load = () => undefined;
  video.play = async () => {
    paused = false;
  };
  states = [];
  player = new Player(video, (state) => states.push(state));
});

afterEach(() => {
  player.close();
  removeListeners();
  setHidden(false);
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

function setHidden(hidden: boolean): void {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

function newest(): FakeHls {
  const hls = FakeHls.instances.at(-1);
  if (!hls) throw new Error("nothing was loaded");
  return hls;
}

async function playing(): Promise<FakeHls> {
  player.play(URL);
  await pass(0);
  video.dispatchEvent(new Event("playing"));
  return newest();
}

describe("a stream", () => {
  it("is loaded and reported as playing, with the time of its frame", async () => {
    const hls = await playing();
    expect(hls.source).toBe(URL);
    expect(states).toEqual(["loading", "playing"]);
    expect(player.frameTime).toBe(Date.parse("2026-11-22T00:00:00Z"));
  });

  it("is loaded once for several calls with its address, and stopped by null", async () => {
    const hls = await playing();
    player.play(URL);
    await pass(0);
    expect(FakeHls.instances).toHaveLength(1);
    player.play(null);
    await pass(0);
    expect(hls.destroyed).toBe(true);
    expect(player.frameTime).toBeNull();
  });
});

describe("an error", () => {
  it("is retried with doubled delays up to 30 s, for as long as it lasts", async () => {
    await playing();
    const delays: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      newest().fail();
      const loaded = FakeHls.instances.length;
      let waited = 0;
      while (FakeHls.instances.length === loaded) {
        await pass(500);
        waited += 500;
      }
      delays.push(waited);
    }
    expect(delays).toEqual([2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(states.at(-1)).toBe("retrying");
  });

  it("after video that advanced is retried with the first delay again", async () => {
    const hls = await playing();
    hls.fail();
    await pass(2000);
    await video.play();
    video.currentTime += 1;
    await pass(1000);
    newest().fail();
    await pass(2000);
    expect(FakeHls.instances).toHaveLength(3);
  });

  it("of the decoder is recovered once without loading again", async () => {
    const hls = await playing();
    hls.fail({ type: "media" });
    expect(hls.recoveries).toBe(1);
    expect(hls.destroyed).toBe(false);
    hls.fail({ type: "media" });
    expect(hls.destroyed).toBe(true);
  });

  it("that is not fatal changes nothing", async () => {
    const hls = await playing();
    hls.fail({ fatal: false });
    await pass(5000);
    expect(hls.destroyed).toBe(false);
  });

  it.each(["incompatible", "add codec"])("of a missing decoder (%s) is final", async (details) => {
    const hls = await playing();
    hls.fail({ details });
    await pass(120_000);
    expect(states.at(-1)).toBe("unsupported");
    expect(FakeHls.instances).toHaveLength(1);
  });
});

describe("a video", () => {
  it("whose time stands still is restarted", async () => {
    await playing();
    await pass(STALLED_AFTER_MS + 1000);
    expect(states.at(-1)).toBe("retrying");
  });

  it("that advances is not restarted", async () => {
    await playing();
    for (let second = 0; second < 30; second += 1) {
      video.currentTime += 1;
      await pass(1000);
    }
    expect(states).toEqual(["loading", "playing"]);
  });
});

describe("a hidden page", () => {
  it("loads no video until it is shown", async () => {
    const hls = await playing();
    setHidden(true);
    expect(hls.destroyed).toBe(true);
    await pass(60_000);
    expect(FakeHls.instances).toHaveLength(1);
    setHidden(false);
    await pass(0);
    expect(FakeHls.instances).toHaveLength(2);
  });
});

describe("a browser", () => {
  it("without MediaSource plays with its own player", async () => {
    FakeHls.supported = false;
    video.canPlayType = () => "maybe";
    player.play(URL);
    await pass(0);
    expect(video.getAttribute("src")).toBe(URL);
  });

  it("without either is reported", async () => {
    FakeHls.supported = false;
    video.canPlayType = () => "";
    player.play(URL);
    await pass(0);
    expect(states).toEqual(["loading", "unsupported"]);
  });

  it("that forbids autoplay is reported as paused", async () => {
    video.play = () => Promise.reject(new DOMException("gesture needed", "NotAllowedError"));
    player.play(URL);
    await pass(0);
    expect(states).toEqual(["loading", "paused"]);
  });
});

describe("after close", () => {
  it("nothing is loaded again", async () => {
    const hls = await playing();
    hls.fail();
    player.close();
    await pass(60_000);
    expect(FakeHls.instances).toHaveLength(1);
  });
});
