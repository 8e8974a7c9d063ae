import { describe, expect, it } from "vitest";
import { localized } from "../src/i18n";

describe("what somebody wrote for the public", () => {
  it("is read in Indonesian first, and in English where that is all there is", () => {
    expect(localized({ en: "it fell", id: "roboh" })).toBe("roboh");
    expect(localized({ en: "it fell" })).toBe("it fell");
  });
});
