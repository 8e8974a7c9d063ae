import { describe, expect, it } from "vitest";
import { ago, duration, percent, TimeFormat } from "../src/format";

describe("TimeFormat", () => {
  const at = "2026-11-22T16:30:05Z";

  it.each([
    ["Asia/Jakarta", "23.30 WIB"],
    ["Asia/Makassar", "00.30 WITA"],
    ["Asia/Jayapura", "01.30 WIT"],
  ])("writes %s with its name", (zone, expected) => {
    expect(new TimeFormat(zone).clock(at)).toBe(expected);
  });

  it("writes the day of the city, not of the browser", () => {
    expect(new TimeFormat("Asia/Jayapura").dayAndClock(at, true)).toBe("23 Nov 2026, 01.30.05 WIT");
  });
});

describe("ago", () => {
  it.each([
    [-3000, "baru saja"],
    [5000, "5 detik lalu"],
    [119_000, "1 menit lalu"],
    [7_300_000, "2 jam lalu"],
  ])("%i ms", (age, expected) => {
    expect(ago(age)).toBe(expected);
  });
});

describe("percent", () => {
  it.each([
    [0, "0%"],
    [0.001, "1%"],
    [0.5, "50%"],
    [0.999, "99%"],
    [1, "100%"],
  ])("%f", (share, expected) => {
    expect(percent(share)).toBe(expected);
  });
});

describe("duration", () => {
  it.each([
    [42_000, "42 detik"],
    [180_000, "3 menit"],
    [5_400_000, "1 jam 30 menit"],
  ])("%i ms", (ms, expected) => {
    expect(duration(ms)).toBe(expected);
  });
});
