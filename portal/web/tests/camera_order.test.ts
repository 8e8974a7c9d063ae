import { describe, expect, it } from "vitest";
import type { CameraState } from "../src/api/schema";
import { groupCameras } from "../src/camera_order";
import { distanceM } from "../src/nearby";
import { camera } from "./support/builders";

const shown = (level: CameraState["level"]): CameraState["level"] => level;
const site = (id: string, lat: number): CameraState["site"] => ({
  id,
  name: `Simpang ${id}`,
  position: { lat, lon: 104 },
});
const CAMERAS = [
  camera("a", { site: site("Kabil", 1.3), owner: "Dishub" }),
  camera("b", { site: site("Jam", 1.1), level: "jammed", owner: null }),
  camera("c", { level: "dense", owner: "Polisi" }),
  camera("d", { site: site("Kabil", 1.3), position: { lat: 1.2, lon: 104 }, owner: "Dishub" }),
];

function grouped(order: Parameters<typeof groupCameras>[1]): [string | null, string][] {
  const groups = groupCameras(CAMERAS, order, { lat: 1.21, lon: 104 }, shown);
  return groups.map(({ name, cameras }) => [name, cameras.map(({ id }) => id).join(" ")]);
}

describe("cameras", () => {
  it("have the worst level first", () => expect(grouped("level")).toEqual([[null, "b c a d"]]));

  it("have the nearest first, and last those without a position", () =>
    expect(grouped("near")).toEqual([[null, "d a b c"]]));

  it("are grouped by site", () =>
    expect(grouped("site")).toEqual([
      ["Simpang Jam", "b"],
      ["Simpang Kabil", "a d"],
      ["Tanpa lokasi", "c"],
    ]));

  it("are grouped by owner", () =>
    expect(grouped("owner")).toEqual([
      ["Dishub", "a d"],
      ["Polisi", "c"],
      ["Pemilik tidak dicantumkan", "b"],
    ]));
});

describe("a distance", () => {
  it("is that of the great circle", () => {
    // A degree of latitude is 111.2 km on a sphere of this radius.
    expect(distanceM({ lat: 1, lon: 104 }, { lat: 2, lon: 104 })).toBeCloseTo(111_195, -1);
    expect(distanceM({ lat: 1, lon: 179.99 }, { lat: 1, lon: -179.99 })).toBeLessThan(2300);
    expect(distanceM({ lat: 1, lon: 104 }, { lat: 1, lon: 104 })).toBe(0);
  });
});
