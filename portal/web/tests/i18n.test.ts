import { describe, expect, it } from "vitest";
import { said } from "../src/i18n";

describe("what somebody wrote for the public", () => {
  it("is read in Indonesian first, and in English where that is all there is", () => {
    expect(said({ en: "it fell", id: "roboh" })).toBe("roboh");
    expect(said({ en: "it fell" })).toBe("it fell");
  });
});
