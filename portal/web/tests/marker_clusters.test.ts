import { describe, expect, it } from "vitest";
import type { CameraState, Level, Position } from "../src/api/schema";
import { bySeverity, clusterBySite, knowledgeOf, mergeNearby, worstShownLevel } from "../src/marker_clusters";
import { camera } from "./support/builders";

const here = { lat: 1, lon: 104 };
const near = { lat: 1, lon: 104.001 };
const far = { lat: 1, lon: 104.5 };
const toPixel = ({ lat, lon }: Position) => ({ x: lon * 10_000, y: lat * 10_000 });
const same = (level: Level): Level => level;

function at(id: string, position: Position | null, site: string | null = null): CameraState {
  return camera(id, site === null ? { position } : { site: { id: site, name: site, position } });
}

describe("clusters", () => {
  it("have all cameras of a site, and none without a position", () => {
    const clusters = clusterBySite([at("a", here, "s"), at("b", here, "s"), at("c", null)]);
    expect(clusters.map(({ name, cameras }) => [name, cameras.length])).toEqual([["s", 2]]);
  });

  it("are merged where they would overlap, and only there", () => {
    const clusters = clusterBySite([at("a", here), at("b", near), at("c", far)]);
    const merged = mergeNearby(clusters, toPixel, { x: 50, y: 50 });
    expect(merged.map(({ name, more, cameras }) => [name, more, cameras.length])).toEqual([
      ["a", 1, 2],
      ["c", 0, 1],
    ]);
  });

  it("show the worst level of their cameras, as far as levels are shown", () => {
    const cameras = [camera("a", { level: "dense" }), camera("b", { level: "jammed" })];
    expect(worstShownLevel(cameras, same)).toBe("jammed");
    expect(worstShownLevel(cameras, () => "unknown")).toBe("unknown");
  });
});

describe("what is known of a cluster", () => {
  it("has the cameras without data apart from the others", () => {
    const cameras = [camera("a", { level: "jammed" }), ...["b", "c"].map((id) => camera(id, { level: "unknown" }))];
    expect(knowledgeOf(cameras, same)).toEqual({ level: "jammed", known: 1, worst: 1, unknown: 2 });
    expect(knowledgeOf(cameras, () => "unknown")).toEqual({ level: "unknown", known: 0, worst: 3, unknown: 3 });
    expect(knowledgeOf([], same)).toEqual({ level: "unknown", known: 0, worst: 0, unknown: 0 });
  });

  it("has the number of its worst cameras apart from that of all known ones", () => {
    const cameras = [camera("a", { level: "jammed" }), camera("b", { level: "dense" })];
    expect(knowledgeOf(cameras, same)).toEqual({ level: "jammed", known: 2, worst: 1, unknown: 0 });
  });
});

describe("cameras by severity", () => {
  it("are sorted worst first, those without data last, then by name with its number", () => {
    const cameras = [
      camera("c 10"),
      camera("u", { level: "unknown" }),
      camera("c 2"),
      camera("j", { level: "jammed" }),
    ];
    expect(bySeverity(cameras, same).map(({ id }) => id)).toEqual(["j", "c 2", "c 10", "u"]);
  });
});
