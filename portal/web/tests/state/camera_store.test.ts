// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CameraState, Incident } from "../../src/api/schema";
import {
  CameraStore,
  CLOCK_WITHIN_MS,
  DISCONNECT_HIDDEN_AFTER_MS,
  FIRST_EVENT_WITHIN_MS,
  LOST_AFTER_MS,
  POLL_FOR_MS,
  POLL_INTERVAL_MS,
} from "../../src/state/camera_store";
import { camera, incident } from "../support/builders";
import { FakeServer } from "../support/fake_server";
import { collectListeners } from "../support/listeners";

let server: FakeServer;
let removeListeners: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  removeListeners = collectListeners();
  vi.spyOn(Math, "random").mockReturnValue(0.5); // makes the random part of the delay zero
  server = new FakeServer();
  server.install();
  server.answer("/api/cameras", { cameras: [camera("a"), camera("b", { level: "jammed" })] });
});

afterEach(() => {
  removeListeners();
  setHidden(false);
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

async function started(mayDisconnect = true): Promise<CameraStore> {
  const store = new CameraStore(() => mayDisconnect);
  store.start();
  await pass(0);
  return store;
}

function setHidden(hidden: boolean): void {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

const later = (): string => new Date().toISOString();
const levels = (store: CameraStore): string[] => store.list().map(({ level }) => store.shownLevel(level));

it("a page of public cameras shows no other of a stream that it shares", async () => {
  const store = new CameraStore(
    () => true,
    () => undefined,
    ({ visibility }) => visibility === "public",
  );
  store.start();
  await pass(0);
  server.stream.send("camera", camera("kantor", { visibility: "operators" }));
  server.stream.send("camera", camera("a", { level: "dense" }));
  await pass(0);
  expect(store.list().map(({ id, level }) => [id, level])).toEqual([
    ["a", "dense"],
    ["b", "jammed"],
  ]);
});

describe("connection", () => {
  it("is live once the list and the stream have arrived", async () => {
    const store = new CameraStore(() => true);
    expect(store.connection).toBe("connecting");
    store.start();
    await pass(0);
    expect(store.connection).toBe("live");
    expect(levels(store)).toEqual(["free", "jammed"]);
  });

  it("is broken after the stream ends, shows the last levels, and is live again after a retry", async () => {
    const store = await started();
    server.stream.end();
    await pass(0);
    expect(store.connection).toBe("broken");
    expect(levels(store)).toEqual(["free", "jammed"]);

    await pass(500);
    expect(server.streams).toHaveLength(2);
    expect(store.connection).toBe("live");
  });

  it("is lost without a clock for 30 s, and then all levels are unknown", async () => {
    const store = await started();
    server.down = true;
    await pass(CLOCK_WITHIN_MS);
    expect(store.connection).toBe("live");
    expect(levels(store)).toEqual(["free", "jammed"]);

    await pass(LOST_AFTER_MS - CLOCK_WITHIN_MS + 1000);
    expect(store.connection).toBe("lost");
    expect(server.streams[0]?.closed).toBe(true);
    expect(levels(store)).toEqual(["unknown", "unknown"]);

    server.down = false;
    await pass(20_000);
    expect(store.connection).toBe("live");
    expect(levels(store)).toEqual(["free", "jammed"]);
  });

  it("is lost while comments arrive, because they do not show that the states are current", async () => {
    const store = await started();
    server.down = true;
    for (let second = 0; second < 32; second += 4) {
      server.stream.comment();
      await pass(4000);
    }
    expect(store.connection).toBe("lost");
    expect(levels(store)).toEqual(["unknown", "unknown"]);
  });

  it("is lost while clocks arrive that were kept back", async () => {
    const store = await started();
    server.down = true;
    for (let second = 0; second < 32; second += 4) {
      server.stream.clock(LOST_AFTER_MS + 1000);
      await pass(4000);
    }
    expect(store.connection).toBe("lost");
  });

  it("is lost at once when the page is shown after a sleep in which only the wall clock ran", async () => {
    const store = await started();
    server.down = true;
    vi.setSystemTime(Date.now() + 3_600_000);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(store.connection).toBe("lost");
    expect(levels(store)).toEqual(["unknown", "unknown"]);
    server.down = false;
    await pass(1000);
    expect(store.connection).toBe("live");
  });

  it("does not wait for the next try when the device comes online", async () => {
    server.down = true;
    const store = await started();
    await pass(40_000);
    server.down = false;
    window.dispatchEvent(new Event("online"));
    await pass(0);
    expect(store.connection).toBe("live");
  });

  it("reports that it was interrupted, because the session may have ended", async () => {
    const reconnected = vi.fn();
    const store = new CameraStore(() => true, reconnected);
    store.start();
    await pass(0);
    expect(reconnected).not.toHaveBeenCalled();
    server.stream.end();
    await pass(1000);
    expect(reconnected).toHaveBeenCalledTimes(1);
  });

  it("stays live with clocks alone", async () => {
    const store = await started();
    for (let i = 0; i < 4; i += 1) {
      await pass(15_000);
      server.stream.clock();
    }
    await pass(0);
    expect(store.connection).toBe("live");
    expect(server.streams).toHaveLength(1);
  });

  it("retries with doubled delays up to 15 s", async () => {
    server.down = true;
    const store = await started();
    const at: number[] = [];
    for (let second = 0; second < 64; second += 0.5) {
      const before = server.requests.filter((path) => path === "/api/stream").length;
      await pass(500);
      if (server.requests.filter((path) => path === "/api/stream").length > before) at.push(second + 0.5);
    }
    expect(at).toEqual([0.5, 1.5, 3.5, 7.5, 15.5, 30.5, 45.5, 60.5]);
    expect(store.failure).toBeInstanceOf(TypeError);
    expect(store.loaded).toBe(false);
  });
});

describe("a stream that delivers nothing", () => {
  it("is replaced by loading the list, with incidents, and tried again later", async () => {
    server.silent = true;
    const store = await started();
    const seen: string[] = [];
    store.onIncident(({ id }) => seen.push(id));
    server.answer("/api/incidents", { incidents: [incident("1")], next: null });
    await pass(FIRST_EVENT_WITHIN_MS);
    server.answer("/api/cameras", { cameras: [camera("a", { level: "congested" })] });
    await pass(POLL_INTERVAL_MS);
    expect(levels(store)).toEqual(["congested"]);
    expect(seen).toEqual(["1"]);
    for (let waited = 0; waited < POLL_FOR_MS; waited += 1000) {
      await pass(1000);
      expect(store.connection).toBe("live");
    }
    server.silent = false;
    await pass(POLL_INTERVAL_MS + 2000);
    expect(server.streams).toHaveLength(2);
    expect(store.connection).toBe("live");
  });

  it("is no reason to load from a server that is down", async () => {
    server.silent = true;
    const store = await started();
    server.down = true;
    await pass(FIRST_EVENT_WITHIN_MS + LOST_AFTER_MS + POLL_INTERVAL_MS);
    expect(store.connection).toBe("lost");
  });
});

describe("a server with too many streams", () => {
  it("is asked for the list instead, and for a stream again later", async () => {
    server.streamsFull = true;
    const store = await started();
    server.answer("/api/cameras", () => ({ cameras: [camera("a", { level: "dense", updated_at: later() })] }));
    await pass(POLL_INTERVAL_MS);
    expect(levels(store)).toEqual(["dense"]);
    for (let waited = 3 * POLL_INTERVAL_MS; waited < POLL_FOR_MS; waited += 1000) {
      await pass(1000);
      expect(store.connection).toBe("live");
    }
    expect(server.requests.filter((request) => request === "/api/stream")).toHaveLength(1);
    server.streamsFull = false;
    await pass(3 * POLL_INTERVAL_MS);
    expect(server.streams).toHaveLength(1);
  });
});

describe("a stream that a proxy delivers late", () => {
  it("is replaced by the list before the levels are unknown", async () => {
    const store = await started();
    server.answer("/api/cameras", () => ({ cameras: [camera("a", { level: "dense", updated_at: later() })] }));
    await pass(CLOCK_WITHIN_MS - 1000);
    expect(server.stream.closed).toBe(false);
    server.stream.send("camera", camera("a", { updated_at: later() }));
    await pass(1000);
    expect(server.stream.closed).toBe(true);
    for (let waited = 0; waited < LOST_AFTER_MS; waited += 1000) {
      await pass(1000);
      expect(store.connection).toBe("live");
    }
    expect(levels(store)).toEqual(["dense"]);
    expect(server.streams).toHaveLength(1);
  });
});

describe("messages", () => {
  it("replace the camera that they are about", async () => {
    const store = await started();
    const changed = vi.fn();
    store.onChange(changed);
    server.stream.send("camera", camera("a", { level: "dense" }));
    server.stream.send("camera", camera("b", { level: "dense" }));
    await pass(150);
    expect(levels(store)).toEqual(["dense", "dense"]);
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it("are kept when an older list arrives later", async () => {
    let deliver: (list: { cameras: CameraState[] }) => void = () => undefined;
    server.answer("/api/cameras", () => new Promise((resolve) => (deliver = resolve)));
    const store = await started();
    server.stream.send("camera", camera("a", { level: "jammed", updated_at: "2026-11-22T00:00:05Z" }));
    await pass(0);
    deliver({ cameras: [camera("a", { updated_at: "2026-11-22T00:00:04Z" })] });
    await pass(0);
    expect(levels(store)).toEqual(["jammed"]);
  });

  it("about incidents reach the listeners until they unsubscribe", async () => {
    const store = await started();
    const seen: Incident[] = [];
    const unsubscribe = store.onIncident((each) => seen.push(each));
    server.stream.send("incident", incident("1"));
    await pass(0);
    unsubscribe();
    server.stream.send("incident", incident("2"));
    await pass(0);
    expect(seen.map(({ id }) => id)).toEqual(["1"]);
  });
});

describe("another user", () => {
  it("does not see the cameras of the previous user, even if their list arrives late", async () => {
    const store = await started();
    let deliver: (list: { cameras: CameraState[] }) => void = () => undefined;
    server.answer("/api/cameras", () => new Promise((resolve) => (deliver = resolve)));
    store.restart();
    await pass(0);
    const late = deliver;
    server.answer("/api/cameras", { cameras: [camera("public")] });
    store.restart();
    await pass(0);
    late({ cameras: [camera("secret")] });
    await pass(0);
    expect(store.list().map(({ id }) => id)).toEqual(["public"]);
  });
});

describe("a hidden page", () => {
  it("closes its stream after a minute and opens it again when it is shown", async () => {
    const store = await started();
    const heartbeats = setInterval(() => server.stream.clock(), 15_000);
    setHidden(true);
    await pass(DISCONNECT_HIDDEN_AFTER_MS - 1000);
    expect(server.stream.closed).toBe(false);
    await pass(2000);
    expect(server.stream.closed).toBe(true);
    clearInterval(heartbeats);

    await pass(120_000);
    expect(server.streams).toHaveLength(1);
    setHidden(false);
    await pass(0);
    expect(server.streams).toHaveLength(2);
    expect(store.connection).toBe("live");
  });

  it("keeps its stream where the store may not disconnect", async () => {
    await started(false);
    const heartbeats = setInterval(() => server.stream.clock(), 15_000);
    setHidden(true);
    await pass(5 * DISCONNECT_HIDDEN_AFTER_MS);
    clearInterval(heartbeats);
    expect(server.stream.closed).toBe(false);
  });
});
