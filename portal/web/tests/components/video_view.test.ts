// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { CameraDetail } from "../../src/api/schema";
import type { AppContext } from "../../src/app_context";
import { VideoView } from "../../src/components/video_view";
import { TimeFormat } from "../../src/format";
import { camera } from "../support/builders";
import { FakeServer } from "../support/fake_server";

const played = vi.hoisted(() => [] as (string | null)[]);

vi.mock("../../src/components/player", () => ({
  Player: class {
    frameTime = null;
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
const VIDEO = { hls: "/live/a/index.m3u8", still: null, preview: "/live/a/preview.jpg", only_pictures: false };
let server: FakeServer;

beforeEach(() => {
  played.length = 0;
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
});
