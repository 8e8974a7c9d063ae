// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import { roadWidth } from "../../src/basemap/vector_tiles";

describe("the width of a road", () => {
  it("is that of its kind in the schemas of Protomaps, OpenMapTiles and Shortbread", () => {
    const width = (props: Record<string, string>): number => roadWidth(12, { props });
    expect(width({ kind: "highway" })).toBe(width({ class: "motorway" }));
    expect(width({ kind: "major_road" })).toBe(width({ class: "primary" }));
    expect(width({ kind: "major_road" })).toBe(width({ kind: "secondary" }));
    expect(width({ kind: "minor_road" })).toBe(width({ class: "minor" }));
    expect(width({ kind: "minor_road" })).toBe(width({}));
    expect(width({ kind: "highway" })).toBeGreaterThan(width({ kind: "major_road" }));
    expect(width({ kind: "major_road" })).toBeGreaterThan(width({ kind: "minor_road" }));
  });

  it("grows with the zoom", () => {
    expect(roadWidth(14, { props: { kind: "highway" } })).toBeGreaterThan(
      roadWidth(12, { props: { kind: "highway" } }),
    );
  });
});
