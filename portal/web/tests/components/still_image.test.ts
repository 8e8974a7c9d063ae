// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { notePortalTime } from "../../src/api/server_clock";
import { type PlayerState, STILL_AFTER_MS } from "../../src/components/player";
import { STILL_EVERY_MS, StillImage } from "../../src/components/still_image";

const ADDRESS = "/live/kabil-1/still.jpg";
const TAKEN_AT = Date.parse("2026-11-22T00:00:00Z");

let states: PlayerState[];
let still: StillImage;
let answer: () => Response | Promise<Response>;
let requests: number;

beforeEach(() => {
  vi.useFakeTimers();
  notePortalTime(new Date(TAKEN_AT).toISOString());
  answer = picture;
  requests = 0;
  vi.stubGlobal("fetch", async () => {
    requests += 1;
    return answer();
  });
  states = [];
  still = new StillImage("Kabil", (state) => states.push(state));
});

afterEach(() => {
  still.close();
  vi.useRealTimers();
});

function picture(): Response {
  return new Response("jpeg", { headers: { "Last-Modified": new Date(TAKEN_AT).toUTCString() } });
}

/** Waits for the answer, which a browser then decodes. */
async function arrived(decoded = true): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  if (still.element.hasAttribute("src")) still.element.dispatchEvent(new Event(decoded ? "load" : "error"));
}

async function shown(): Promise<void> {
  still.show(ADDRESS);
  await arrived();
}

describe("still pictures", () => {
  it("are shown with their time, and loaded again a second after each", async () => {
    await shown();
    expect(states).toEqual(["loading", "playing"]);
    expect(still.element.hidden).toBe(false);
    expect(still.frameTime).toBe(TAKEN_AT);
    await vi.advanceTimersByTimeAsync(STILL_EVERY_MS);
    expect(requests).toBe(2);
  });

  it("that stop coming are reported, and those that go on", async () => {
    await shown();
    notePortalTime(new Date(TAKEN_AT + STILL_AFTER_MS + 1000).toISOString());
    await vi.advanceTimersByTimeAsync(STILL_EVERY_MS);
    await arrived();
    expect(states.at(-1)).toBe("stalled");
    expect(still.element.hidden).toBe(false);
    notePortalTime(new Date(TAKEN_AT).toISOString());
    await vi.advanceTimersByTimeAsync(STILL_EVERY_MS);
    await arrived();
    expect(states.at(-1)).toBe("playing");
  });

  it.each<[string, () => Response | Promise<Response>, PlayerState]>([
    ["that the server does not have", () => new Response("", { status: 404 }), "missing"],
    ["that the server refuses", () => new Response("", { status: 503 }), "retrying"],
    ["of a server that does not answer", () => Promise.reject(new TypeError("Failed to fetch")), "unreachable"],
  ])("%s are reported as such and asked for again", async (_name, problem, state) => {
    await shown();
    answer = problem;
    await vi.advanceTimersByTimeAsync(STILL_EVERY_MS);
    await arrived();
    expect(states.at(-1)).toBe(state);
    expect(still.element.hidden).toBe(true);
    expect(still.frameTime).toBeNull();
    answer = picture;
    await vi.advanceTimersByTimeAsync(STILL_EVERY_MS);
    await arrived();
    expect(states.at(-1)).toBe("playing");
  });

  it("that cannot be decoded are asked for again", async () => {
    still.show(ADDRESS);
    await arrived(false);
    expect(states).toEqual(["loading", "retrying"]);
    await vi.advanceTimersByTimeAsync(STILL_EVERY_MS);
    expect(requests).toBe(2);
  });

  it("end with the address", async () => {
    await shown();
    still.show(null);
    expect(still.element.hidden).toBe(true);
    await vi.advanceTimersByTimeAsync(5 * STILL_EVERY_MS);
    expect(requests).toBe(1);
  });
});
