import { describe, expect, it } from "vitest";
import { parseLocal, startOfDay, toLocal } from "../src/timezone";

const now = Date.parse("2026-11-22T18:00:00Z"); // 01.00 WIB of the next day

describe("local time", () => {
  it.each(["Asia/Jakarta", "Asia/Jayapura", "UTC", "America/New_York"])(
    "is converted in both directions without loss in %s",
    (zone) => {
      expect(parseLocal(toLocal(now, zone), zone)).toBe(now);
    },
  );

  it("has the start of the city's day", () => {
    expect(new Date(startOfDay(now, "Asia/Jakarta")).toISOString()).toBe("2026-11-22T17:00:00.000Z");
    expect(new Date(startOfDay(now, "Asia/Jakarta", 1)).toISOString()).toBe("2026-11-21T17:00:00.000Z");
  });

  it("counts days, not 24 hours, where clocks change", () => {
    const noon = Date.parse("2026-11-01T17:00:00Z"); // clocks went back that night in New York
    expect(new Date(startOfDay(noon, "America/New_York")).toISOString()).toBe("2026-11-01T04:00:00.000Z");
    expect(new Date(startOfDay(noon, "America/New_York", 1)).toISOString()).toBe("2026-10-31T04:00:00.000Z");
  });

  it("is NaN for text that is not a time", () => {
    expect(parseLocal("", "Asia/Jakarta")).toBeNaN();
  });
});
