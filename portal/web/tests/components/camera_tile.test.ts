// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { AppContext } from "../../src/app_context";
import { CameraTile } from "../../src/components/camera_tile";
import { TimeFormat } from "../../src/format";
import { camera } from "../support/builders";
import { FakeServer } from "../support/fake_server";

const players = vi.hoisted(() => ({ opened: 0, open: 0 }));
vi.mock("../../src/components/video_view", () => ({
  VideoView: class {
    readonly element = document.createElement("div");
    constructor() {
      players.opened += 1;
      players.open += 1;
    }
    update(): void {}
    tick(): void {}
    close(): void {
      players.open -= 1;
    }
  },
}));

const CAMERA = camera("a", {
  video: { hls: "/live/a/index.m3u8", still: null, small: null, only_pictures: false, preview: null },
});
const APP = {
  time: new TimeFormat("Asia/Jakarta"),
  store: { connection: "live", shownLevel: (level: string) => level },
} as unknown as AppContext;

let tile: CameraTile;
let answer: (camera: unknown) => void;

beforeEach(() => {
  Object.assign(players, { opened: 0, open: 0 });
  const server = new FakeServer();
  server.install();
  server.answer("/api/cameras/a", () => new Promise((resolve) => (answer = resolve)));
  tile = new CameraTile(APP, CAMERA, false);
  tile.update(CAMERA);
});

afterEach(() => tile.close());

function play(): HTMLButtonElement {
  return tile.element.querySelector(".tile-play") as HTMLButtonElement;
}

it("opens one player where it is tapped again before the first is there", async () => {
  const button = play();
  button.click();
  await vi.waitFor(() => expect(answer).toBeDefined());
  tile.update(CAMERA); // a new state arrives
  expect(button.disabled).toBe(true);
  button.dispatchEvent(new Event("click"));
  answer(CAMERA);
  await vi.waitFor(() => expect(players.opened).toBeGreaterThan(0));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(players.opened).toBe(1);
  tile.close();
  expect(players.open).toBe(0);
});

it("can be tapped again after a failure", async () => {
  const button = play();
  button.click();
  await vi.waitFor(() => expect(answer).toBeDefined());
  answer(Promise.reject(new TypeError("Failed to fetch")));
  await vi.waitFor(() => expect(tile.element.querySelector("[role=status]")?.textContent).not.toBe(""));
  expect(button.disabled).toBe(false);
});
