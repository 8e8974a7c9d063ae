// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { CameraDetail, CameraState } from "../../src/api/schema";
import type { AppContext } from "../../src/app_context";
import { VideoView } from "../../src/components/video_view";
import { setSavesData } from "../../src/data_saver";
import { TimeFormat } from "../../src/format";
import { camera } from "../support/builders";
import { FakeServer } from "../support/fake_server";

const played = vi.hoisted(() => [] as (string | null)[]);
const players = vi.hoisted(() => [] as { report: (state: string) => void }[]);

vi.mock("../../src/components/player", () => ({
  Player: class {
    frameTime = null;
    constructor(_video: HTMLVideoElement, report: (state: string) => void) {
      players.push({ report });
    }
    play(address: string | null): void {
      played.push(address);
    }
    close(): void {}
    resume(): void {}
  },
}));

const APP = {
  time: new TimeFormat("Asia/Jakarta"),
  store: { connection: "live", shownLevel: (level: string) => level },
} as unknown as AppContext;
const SMALL = "/live/a.small/index.m3u8";
const VIDEO: NonNullable<CameraState["video"]> = {
  hls: "/live/a/index.m3u8",
  still: null,
  small: null,
  preview: "/live/a/preview.jpg",
  only_pictures: false,
};
let server: FakeServer;

beforeEach(() => {
  played.length = 0;
  players.length = 0;
  localStorage.clear();
  server = new FakeServer();
  server.install();
});

function view(video: typeof VIDEO | null): VideoView {
  const state = camera("a", { video });
  return new VideoView(APP, { ...state, gates: [], zones: [], image_size: null } as unknown as CameraDetail, state);
}

describe("video of a camera", () => {
  it("plays where it is public", () => {
    view(VIDEO).close();
    expect(played).toEqual(["/live/a/index.m3u8"]);
    expect(server.requests).toEqual([]);
  });

  it("is small pictures, and the reason, where it is not", () => {
    const pictures = view({ ...VIDEO, only_pictures: true });
    expect(played).toEqual([null]);
    expect(server.requests).toEqual(["/live/a/preview.jpg"]);
    expect(pictures.element.textContent).toContain("tidak untuk umum");
    pictures.close();
  });

  it("is the small rendition where data is saved", () => {
    setSavesData(true);
    view({ ...VIDEO, small: SMALL }).close();
    view(VIDEO).close();
    expect(played).toEqual([SMALL, VIDEO.hls]);
  });

  it.each([
    ["full", "Video penuh, diganti video kecil"],
    ["unsupported", "Video kecil, hemat data"],
  ])("is the small rendition, with the words, where the video is %s", (state, words) => {
    const shown = view({ ...VIDEO, small: SMALL });
    players[0]?.report(state);
    expect(played).toEqual([VIDEO.hls, SMALL]);
    players[0]?.report("playing");
    expect(shown.element.textContent).toContain(words);
    shown.close();
  });

  it("is tried again where neither it nor the small rendition is to be had", () => {
    vi.useFakeTimers();
    const shown = view({ ...VIDEO, small: SMALL });
    players[0]?.report("full");
    players[0]?.report("full");
    expect(played).toEqual([VIDEO.hls, SMALL]);
    expect(shown.element.textContent).toContain("Video penuh");
    vi.advanceTimersByTime(15_000);
    expect(played).toEqual([VIDEO.hls, SMALL, VIDEO.hls]);
    shown.close();
    vi.useRealTimers();
  });

  it("is small pictures until the small rendition is there", () => {
    setSavesData(true);
    const shown = view({ ...VIDEO, small: SMALL });
    players[0]?.report("missing");
    expect(server.requests).toEqual(["/live/a/preview.jpg"]);
    shown.close();
  });
});
