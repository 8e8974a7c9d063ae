import { describe, expect, it } from "vitest";
import { periodOf, possibleIntervals, usualInterval } from "../src/history/period";
import { parseLocal, startOfDay, toLocal } from "../src/timezone";

const now = Date.parse("2026-11-22T18:00:00Z"); // 01.00 WIB of the next day

describe("local time", () => {
  it.each(["Asia/Jakarta", "Asia/Jayapura", "UTC", "America/New_York"])("goes there and back in %s", (zone) => {
    expect(parseLocal(toLocal(now, zone), zone)).toBe(now);
  });

  it("knows when the city's day began", () => {
    expect(new Date(startOfDay(now, "Asia/Jakarta")).toISOString()).toBe("2026-11-22T17:00:00.000Z");
    expect(new Date(startOfDay(now, "Asia/Jakarta", 1)).toISOString()).toBe("2026-11-21T17:00:00.000Z");
  });

  it("counts days, not 24 hours, where clocks change", () => {
    const noon = Date.parse("2026-11-01T17:00:00Z"); // clocks went back that night in New York
    expect(new Date(startOfDay(noon, "America/New_York")).toISOString()).toBe("2026-11-01T04:00:00.000Z");
    expect(new Date(startOfDay(noon, "America/New_York", 1)).toISOString()).toBe("2026-10-31T04:00:00.000Z");
  });

  it("refuses what is no time", () => {
    expect(parseLocal("", "Asia/Jakarta")).toBeNaN();
  });
});

describe("periods", () => {
  const custom = { from: "2026-11-22T07:00", to: "2026-11-22T09:00" };

  it("reads custom fields in the city's zone", () => {
    expect(periodOf("custom", custom, now, "Asia/Jakarta")).toEqual({
      from: Date.parse("2026-11-22T00:00Z"),
      to: Date.parse("2026-11-22T02:00Z"),
    });
  });

  it("refuses a period that ends before it begins", () => {
    expect(periodOf("custom", { from: custom.to, to: custom.from }, now, "Asia/Jakarta")).toBeNull();
    expect(periodOf("custom", { from: "", to: "" }, now, "Asia/Jakarta")).toBeNull();
  });

  it("offers intervals that can be read", () => {
    const week = periodOf("sevenDays", custom, now, "Asia/Jakarta");
    expect(week && possibleIntervals(week)).toEqual([300, 900, 3600, 86400]);
    expect(week && usualInterval(week)).toBe(3600);
  });
});
