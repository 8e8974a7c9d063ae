import { describe, expect, it, vi } from "vitest";
import { retryDelayMs } from "../src/retry";

const DELAYS = { firstMs: 500, maxMs: 15_000 };

describe("the delay of a retry", () => {
  it("doubles with each failure up to the longest", () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    expect([0, 1, 2, 5, 100].map((failures) => retryDelayMs(DELAYS, failures))).toEqual([
      500, 1000, 2000, 15_000, 15_000,
    ]);
  });

  it.each([
    [0, 250],
    [0.999, 750],
  ])("is changed by up to half at random (%f)", (random, delay) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    expect(retryDelayMs(DELAYS, 0)).toBeCloseTo(delay, -1);
  });
});
