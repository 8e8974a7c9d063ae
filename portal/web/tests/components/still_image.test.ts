// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { STILL_EVERY_MS, StillImage } from "../../src/components/still_image";

const URL = "/live/kabil-1/still.jpg";

describe("still pictures", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("are loaded again a second after each picture", () => {
    const reports: boolean[] = [];
    const still = new StillImage("Kabil", (shown) => reports.push(shown));
    still.show(URL);
    const first = still.element.getAttribute("src");
    expect(first).toContain(`${URL}?at=`);
    expect(still.element.hidden).toBe(true);
    still.element.dispatchEvent(new Event("load"));
    expect(still.element.hidden).toBe(false);
    vi.advanceTimersByTime(STILL_EVERY_MS);
    expect(still.element.getAttribute("src")).not.toBe(first);
    expect(reports).toEqual([true]);
    still.close();
  });

  it("are hidden while there is none, and asked for again", () => {
    const still = new StillImage("Kabil", () => undefined);
    still.show(URL);
    still.element.dispatchEvent(new Event("load"));
    still.element.dispatchEvent(new Event("error"));
    expect(still.element.hidden).toBe(true);
    const failed = still.element.getAttribute("src");
    vi.advanceTimersByTime(STILL_EVERY_MS);
    expect(still.element.getAttribute("src")).not.toBe(failed);
    still.close();
  });

  it("end with the address", () => {
    const still = new StillImage("Kabil", () => undefined);
    still.show(URL);
    still.element.dispatchEvent(new Event("load"));
    still.show(null);
    expect(still.element.hidden).toBe(true);
    const last = still.element.getAttribute("src");
    vi.advanceTimersByTime(5 * STILL_EVERY_MS);
    expect(still.element.getAttribute("src")).toBe(last);
    still.close();
  });
});
