import { describe, expect, it } from "vitest";
import { periodOf, possibleIntervals, usualInterval } from "../../src/history/period";

const now = Date.parse("2026-11-22T18:00:00Z"); // 01.00 WIB of the next day

describe("periods", () => {
  const custom = { from: "2026-11-22T07:00", to: "2026-11-22T09:00" };

  it("of custom fields are in the time zone of the city", () => {
    expect(periodOf("custom", custom, now, "Asia/Jakarta")).toEqual({
      from: Date.parse("2026-11-22T00:00Z"),
      to: Date.parse("2026-11-22T02:00Z"),
    });
  });

  it("do not exist where the end is not after the start", () => {
    expect(periodOf("custom", { from: custom.to, to: custom.from }, now, "Asia/Jakarta")).toBeNull();
    expect(periodOf("custom", { from: "", to: "" }, now, "Asia/Jakarta")).toBeNull();
  });

  it("have intervals with a readable number of rows", () => {
    const week = periodOf("sevenDays", custom, now, "Asia/Jakarta");
    expect(week && possibleIntervals(week)).toEqual([300, 900, 3600, 86400]);
    expect(week && usualInterval(week)).toBe(3600);
  });
});
