import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const PORTAL_TIME = "2026-11-22T05:00:00.000Z";
type ServerClock = typeof import("../../src/api/server_clock");
let clock: ServerClock;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.resetModules();
  clock = await import("../../src/api/server_clock");
});

afterEach(() => void vi.useRealTimers());

function dated(at: string): Response {
  return new Response(null, { headers: { Date: at } });
}

describe("the server's clock", () => {
  it.each(["2001-01-01T00:00:00Z", "2040-01-01T00:00:00Z"])("does not follow a browser that is set to %s", (wrong) => {
    vi.setSystemTime(wrong);
    clock.notePortalTime(PORTAL_TIME);
    vi.advanceTimersByTime(90_000);
    expect(clock.serverNow() - Date.parse(PORTAL_TIME)).toBe(90_000);
  });

  it("goes on while a device sleeps, when only the wall clock runs", () => {
    clock.notePortalTime(PORTAL_TIME);
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(clock.serverNow() - Date.parse(PORTAL_TIME)).toBe(3_600_000);
  });

  it("does not go back with the clock of the browser", () => {
    clock.notePortalTime(PORTAL_TIME);
    vi.advanceTimersByTime(5000);
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(clock.serverNow() - Date.parse(PORTAL_TIME)).toBe(5000);
  });

  it("is that of the portal, and before its first time that of the `Date` header", () => {
    clock.noteServerDate(dated("Sun, 22 Nov 2026 04:00:00 GMT"));
    expect(clock.serverNow()).toBe(Date.parse("2026-11-22T04:00:00Z"));
    clock.notePortalTime(PORTAL_TIME);
    clock.noteServerDate(dated("Sun, 22 Nov 2026 04:00:00 GMT"));
    clock.notePortalTime("no time");
    expect(clock.serverNow()).toBe(Date.parse(PORTAL_TIME));
  });

  it("does not follow an answer that a proxy has kept, and follows one that is far earlier", () => {
    clock.notePortalTime(PORTAL_TIME);
    vi.advanceTimersByTime(8000);
    clock.notePortalTime(PORTAL_TIME);
    expect(clock.serverNow() - Date.parse(PORTAL_TIME)).toBe(8000);
    vi.advanceTimersByTime(60_000);
    clock.notePortalTime(PORTAL_TIME);
    expect(clock.serverNow()).toBe(Date.parse(PORTAL_TIME));
  });
});
