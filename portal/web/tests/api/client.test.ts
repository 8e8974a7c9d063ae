import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, apiUrl, get } from "../../src/api/client";
import { serverNow } from "../../src/api/server_clock";

afterEach(() => vi.useRealTimers());

describe("an address", () => {
  it("has its names filled in and escaped, and no empty parameters", () => {
    expect(apiUrl("/api/cameras/{camera_id}", { path: { camera_id: "a/b c" } })).toBe("/api/cameras/a%2Fb%20c");
    const query = { camera: "a", gate: "u&s", zone: null, interval: 900 } as const;
    expect(apiUrl("/api/history", { query })).toBe("/api/history?camera=a&gate=u%26s&interval=900");
    expect(apiUrl("/api/stream")).toBe("/api/stream");
  });
});

describe("a request", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  it("sets the server's clock", async () => {
    vi.setSystemTime("2026-11-22T00:00:00Z");
    const headers = { Date: "Sun, 22 Nov 2026 00:05:00 GMT" };
    vi.stubGlobal("fetch", async () => Response.json({ cameras: [] }, { headers }));
    await get("/api/cameras");
    expect(serverNow()).toBe(Date.parse("2026-11-22T00:05:00Z"));
  });

  it.each([
    [Response.json({ detail: "There is no such camera." }, { status: 404 }), 404, "There is no such camera."],
    [new Response("<html>", { status: 502 }), 502, "HTTP 502"],
  ])("that is refused throws the status and the sentence of the server", async (response, status, message) => {
    vi.stubGlobal("fetch", async () => response);
    const error = await get("/api/cameras").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status, message });
  });

  it("without an answer is aborted after 15 s", async () => {
    const never = (_url: string, { signal }: RequestInit): Promise<Response> =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))));
    vi.stubGlobal("fetch", never);
    const outcome = get("/api/cameras").catch((error: Error) => error.message);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await outcome).toBe("aborted");
  });
});
