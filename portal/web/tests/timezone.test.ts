import { describe, expect, it } from "vitest";
import { parseLocal, startOfDay, toLocal } from "../src/timezone";

const now = Date.parse("2026-11-22T18:00:00Z"); // 01.00 WIB of the next day

describe("local time", () => {
  it.each(["Asia/Jakarta", "Asia/Jayapura", "UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham"])(
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

  // The right values are those of Python's zoneinfo, which divides the history into days.
  it.each([
    ["Asia/Kolkata", "2026-11-22T12:00Z", "2026-11-21T18:30:00.000Z"],
    ["Asia/Kathmandu", "2026-11-22T12:00Z", "2026-11-21T18:15:00.000Z"],
    ["Pacific/Chatham", "2026-09-27T12:00Z", "2026-09-27T10:15:00.000Z"],
    ["Australia/Lord_Howe", "2026-10-04T06:00Z", "2026-10-03T13:30:00.000Z"],
    ["Africa/Cairo", "2026-04-24T12:00Z", "2026-04-23T22:00:00.000Z"], // has no 00:00
    ["America/Havana", "2026-03-08T12:00Z", "2026-03-08T05:00:00.000Z"], // has no 00:00
    ["America/Havana", "2026-11-01T12:00Z", "2026-11-01T04:00:00.000Z"], // has 00:00 twice
  ])("has the day of %s that contains %s", (zone, at, start) => {
    expect(new Date(startOfDay(Date.parse(at), zone)).toISOString()).toBe(start);
  });

  it("is NaN for text that is not a time", () => {
    expect(parseLocal("", "Asia/Jakarta")).toBeNaN();
  });
});
