// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import type { CameraDetail } from "../../src/api/schema";
import { zoneOverlay } from "../../src/components/zone_overlay";

const detail = {
  image_size: [704, 576],
  zones: [
    {
      id: "masuk",
      polygon: [
        [0, 0],
        [704, 0],
        [704, 576],
      ],
    },
  ],
  gates: [{ id: "utara", p1: [0, 288], p2: [704, 288] }],
} as unknown as CameraDetail;

describe("the overlay of zones and gates", () => {
  it("covers the whole picture, also where that has another aspect than the geometry", () => {
    const overlay = zoneOverlay(detail, [1920, 1080], [], (level) => level);
    const shapes = overlay?.firstElementChild;
    expect(overlay?.getAttribute("viewBox")).toBe("0 0 1920 1080");
    expect(shapes?.getAttribute("viewBox")).toBe("0 0 704 576");
    expect(shapes?.getAttribute("width")).toBe("1920");
    expect(shapes?.getAttribute("preserveAspectRatio")).toBe("none");
    expect(shapes?.childElementCount).toBe(2);
  });

  it("has the aspect of the geometry before a picture is shown", () => {
    expect(zoneOverlay(detail, [0, 0], [], (level) => level)?.getAttribute("viewBox")).toBe("0 0 704 576");
  });
});
