// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CameraDetail, CameraState, RecentCounts } from "../../src/api/schema";
import type { AppContext, Page } from "../../src/app_context";
import { TimeFormat } from "../../src/format";
import { openCamera } from "../../src/pages/camera";
import type { Connection } from "../../src/state/camera_store";
import { CITY, camera } from "../support/builders";
import { FakeServer } from "../support/fake_server";
import { collectListeners } from "../support/listeners";

const DETAIL: CameraDetail = { ...camera("a", { name: "Kabil" }), zones: [], gates: [], image_size: null };
const COUNTS: RecentCounts = {
  camera_id: "a",
  from_at: "2026-11-22T00:00:00Z",
  to_at: "2026-11-22T00:01:00Z",
  observed_s: 60,
  minutes: [{ start_at: "2026-11-22T00:00:00Z", observed: 1, counts: { car: 7 } }],
  totals: [],
};

let server: FakeServer;
let removeListeners: () => void;
let page: Page;
let known: CameraState | undefined;
let connection: Connection;
let changed: () => void;

beforeEach(async () => {
  vi.useFakeTimers();
  removeListeners = collectListeners();
  server = new FakeServer();
  server.install();
  server.answer("/api/cameras/a", DETAIL);
  server.answer("/api/cameras/a/counts", COUNTS);
  known = camera("a", { name: "Kabil", level: "jammed" });
  connection = "live";
  const store = {
    camera: () => known,
    loaded: true,
    get connection() {
      return connection;
    },
    shownLevel: (level: string) => (connection === "lost" ? "unknown" : level),
    onChange: (listener: () => void) => {
      changed = listener;
      return () => undefined;
    },
  };
  page = await openCamera({ city: CITY, time: new TimeFormat(CITY.timezone), store } as unknown as AppContext, "a");
  document.body.replaceChildren(page.element);
  await pass(0);
});

afterEach(() => {
  page.close?.();
  removeListeners();
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

const text = (): string => page.element.textContent ?? "";

describe("the page of a camera", () => {
  it("keeps its counts over a short interruption, and no longer", async () => {
    expect(text()).toContain("7 tercatat dalam 15 menit");
    server.down = true;
    await pass(60_000);
    expect(text()).toContain("7 tercatat dalam 15 menit");
    await pass(70_000);
    expect(text()).not.toContain("tercatat");
    expect(text()).toContain("Server tidak dapat dihubungi");
    server.down = false;
    await pass(10_000);
    expect(text()).toContain("7 tercatat dalam 15 menit");
  });

  it("states that the camera is gone once the portal no longer has it, and shows it again", () => {
    expect(page.element.querySelector("[data-level=jammed]")).not.toBeNull();
    known = undefined;
    changed();
    expect(text()).toContain("Kamera ini tidak ada");
    expect(page.element.querySelector("[data-level=jammed]")).toBeNull();
    known = camera("a", { name: "Kabil", level: "dense" });
    changed();
    expect(page.element.querySelector("[data-level=dense]")).not.toBeNull();
  });

  it("states no camera status while the connection is lost", () => {
    expect(text()).toContain("Kamera tersambung");
    connection = "lost";
    changed();
    expect(text()).not.toContain("Kamera tersambung");
    expect(text()).toContain("Tidak diketahui selama sambungan terputus");
  });
});
