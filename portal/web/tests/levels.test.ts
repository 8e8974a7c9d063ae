import { describe, expect, it } from "vitest";
import { KNOWN_LEVELS, LEVELS, worstLevel } from "../src/levels";

describe("levels", () => {
  it("are in the order of the server's enum: worst first, unknown last", () => {
    expect(LEVELS).toEqual(["jammed", "congested", "dense", "free", "unknown"]);
    expect(KNOWN_LEVELS).toEqual(["free", "dense", "congested", "jammed"]);
  });

  it("are unknown only where none is known", () => {
    expect(worstLevel(["free", "unknown", "congested"])).toBe("congested");
    expect(worstLevel(["unknown", "unknown"])).toBe("unknown");
    expect(worstLevel([])).toBe("unknown");
  });
});
