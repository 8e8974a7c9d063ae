// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  Player,
  type PlayerState,
  STALLED_AFTER_MS,
  STALLED_SHOWN_AFTER_MS,
  STILL_AFTER_MS,
} from "../../src/components/player";
import { collectListeners } from "../support/listeners";

type Problem = { fatal: boolean; type?: string; details?: string; response?: { code: number } };

/** The part of hls.js that the player uses. */
class FakeHls {
  static supported = true;
  static readonly instances: FakeHls[] = [];
  static readonly Events = { ERROR: "error", FRAG_BUFFERED: "fragment", MANIFEST_PARSED: "manifest" };
  static readonly ErrorTypes = { MEDIA_ERROR: "media", NETWORK_ERROR: "network" };
  static readonly ErrorDetails = {
    MANIFEST_INCOMPATIBLE_CODECS_ERROR: "incompatible",
    BUFFER_ADD_CODEC_ERROR: "add codec",
    BUFFER_INCOMPATIBLE_CODECS_ERROR: "buffer",
  };
  static isSupported(): boolean {
    return FakeHls.supported;
  }

  source = "";
  destroyed = false;
  recoveries = 0;
  playingDate: Date | null = new Date("2026-11-22T00:00:00Z");
  buffered: () => void = () => undefined;
  parsed: (address: string) => void = () => undefined;
  private onError: (event: string, problem: Problem) => void = () => undefined;

  constructor() {
    FakeHls.instances.push(this);
  }

  on(event: string, listener: (event: string, data: Problem | { levels: { url: string[] }[] }) => void): void {
    if (event === FakeHls.Events.ERROR) this.onError = listener;
    else if (event === FakeHls.Events.MANIFEST_PARSED)
      this.parsed = (address) => listener(event, { levels: [{ url: [address] }] });
    else this.buffered = () => listener(event, { fatal: false });
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
let setPaused: (paused: boolean) => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  removeListeners = collectListeners();
  FakeHls.instances.length = 0;
  FakeHls.supported = true;
  video = document.createElement("video");
  let paused = true;
  setPaused = (value) => {
    paused = value;
  };
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

  it("is loaded again with its lease, until the lease has ended or another camera is chosen", async () => {
    const first = await playing();
    const leased = `${URL}?lease=abc`;
    first.parsed(leased);
    first.fail();
    await pass(40_000);
    expect(newest().source).toBe(leased);
    newest().fail({ response: { code: 429 } });
    await pass(40_000);
    expect(newest().source).toBe(URL);
    newest().parsed(leased);
    player.play("/live/other/index.m3u8");
    await pass(0);
    expect(newest().source).toBe("/live/other/index.m3u8");
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
    expect(states.at(-1)).toBe("unreachable");
  });

  it("of a server that admits no further viewer is retried after 15 s each time", async () => {
    await playing();
    for (let i = 0; i < 3; i += 1) {
      newest().fail({ response: { code: 429 } });
      const loaded = FakeHls.instances.length;
      await pass(14_000);
      expect(FakeHls.instances).toHaveLength(loaded);
      await pass(1000);
      expect(FakeHls.instances).toHaveLength(loaded + 1);
      expect(states.at(-1)).toBe("full");
    }
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

  it("of the decoder that lasts is one of video that has arrived", async () => {
    const hls = await playing();
    hls.fail({ type: "media" });
    hls.fail({ type: "media" });
    expect(states.at(-1)).toBe("undecodable");
  });

  it("is not waited for where the network is back", async () => {
    (await playing()).fail();
    expect(states.at(-1)).toBe("unreachable");
    window.dispatchEvent(new Event("online"));
    await pass(0);
    expect(FakeHls.instances).toHaveLength(2);
    video.dispatchEvent(new Event("playing"));
    window.dispatchEvent(new Event("online"));
    await pass(0);
    expect(FakeHls.instances).toHaveLength(2);
  });

  it("that is not fatal changes nothing", async () => {
    const hls = await playing();
    hls.fail({ fatal: false });
    await pass(5000);
    expect(hls.destroyed).toBe(false);
  });

  it.each(["incompatible", "add codec", "buffer"])("of a missing decoder (%s) is final", async (details) => {
    const hls = await playing();
    hls.fail({ details });
    await pass(120_000);
    expect(states.at(-1)).toBe("unsupported");
    expect(FakeHls.instances).toHaveLength(1);
  });
});

describe("the reason that is reported", () => {
  it.each<[Partial<Problem>, PlayerState]>([
    [{ response: { code: 404 } }, "missing"],
    [{ response: { code: 429 } }, "full"],
    [{ response: { code: 503 } }, "retrying"],
    [{ response: { code: 0 } }, "unreachable"],
    [{}, "unreachable"],
    [{ type: "other" }, "retrying"],
  ])("of %o is %s, and stays while it is tried again", async (problem, state) => {
    await playing();
    newest().fail(problem);
    expect(states.at(-1)).toBe(state);
    await pass(4000);
    expect(states.at(-1)).toBe(state);
  });

  it.each(["AbortError", "NotSupportedError", "NotAllowedError"])(
    "is the missing decoder, though the given-up load rejects later with %s",
    async (name) => {
      let reject: (reason: unknown) => void = () => undefined;
      video.play = () => new Promise<void>((_resolve, fail) => (reject = fail));
      player.play(URL);
      await pass(0);
      newest().fail({ details: "buffer", type: "media" });
      reject(new DOMException("late", name));
      await pass(0);
      video.dispatchEvent(new Event("error"));
      video.dispatchEvent(new Event("playing"));
      await pass(60_000);
      expect(states).toEqual(["loading", "unsupported"]);
    },
  );

  it.each(["AbortError", "NotSupportedError"])("is no refusal of the browser for %s", async (name) => {
    video.play = () => Promise.reject(new DOMException("no", name));
    player.play(URL);
    await pass(0);
    expect(states).toEqual(["loading"]);
  });
});

describe("a video", () => {
  it("that falters is reported before it is restarted, and as playing when it goes on", async () => {
    await playing();
    await pass(STALLED_SHOWN_AFTER_MS + 2000);
    expect(states.at(-1)).toBe("stalled");
    video.currentTime += 1;
    await pass(1000);
    expect(states.at(-1)).toBe("playing");
    expect(FakeHls.instances).toHaveLength(1);
  });

  it("that the browser has paused goes on", async () => {
    await playing();
    setPaused(true);
    await pass(2000);
    expect(video.paused).toBe(false);
  });

  it("that the browser has paused and will not resume needs a tap", async () => {
    await playing();
    setPaused(true);
    video.play = () => Promise.reject(new DOMException("gesture needed", "NotAllowedError"));
    await pass(2000);
    expect(states.at(-1)).toBe("paused");
  });

  it("that advances without new frames is reported as still, until a frame comes", async () => {
    let frames = 40;
    video.getVideoPlaybackQuality = () => ({ totalVideoFrames: frames }) as VideoPlaybackQuality;
    await playing();
    const advance = async (ms: number): Promise<void> => {
      for (let waited = 0; waited < ms; waited += 1000) {
        video.currentTime += 1;
        await pass(1000);
      }
    };
    await advance(STILL_AFTER_MS - 2000);
    expect(states.at(-1)).toBe("playing");
    await advance(4000);
    expect(states.at(-1)).toBe("still");
    frames += 1;
    await advance(1000);
    expect(states.at(-1)).toBe("playing");
  });

  it("whose time stands still is restarted", async () => {
    await playing();
    await pass(STALLED_AFTER_MS + 1000);
    expect(states.at(-1)).toBe("retrying");
  });

  it("that arrives while nothing of it is shown is reported as undecodable", async () => {
    player.play(URL);
    await pass(0);
    newest().buffered();
    await pass(STALLED_AFTER_MS + 1000);
    expect(states.at(-1)).toBe("undecodable");
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
