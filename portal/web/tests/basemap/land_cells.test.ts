import { describe, expect, it } from "vitest";
import { decodeRings, filesFor, type LandCell } from "../../src/basemap/land_cells";

const CELLS = import.meta.glob<LandCell>("../../src/basemap/land/*.json", { import: "default", eager: true });
const NAMES = Object.keys(CELLS).map((path) => path.replace(/^.*\/|\.json$/g, ""));

/** Whether land covers a position, by the even-odd rule over all rings of the files that a view of it needs. */
function isLand(lat: number, lon: number): boolean {
  const d = 1e-4;
  const files = filesFor({ west: lon - d, east: lon + d, south: lat - d, north: lat + d }, NAMES);
  const rings = files.flatMap((name) => decodeRings(CELLS[`../../src/basemap/land/${name}.json`] as LandCell));
  let inside = false;
  for (const ring of rings)
    ring.forEach(([y, x], n) => {
      const [nextY, nextX] = ring[(n + 1) % ring.length] as [number, number];
      if (y > lat !== nextY > lat && lon < x + ((lat - y) / (nextY - y)) * (nextX - x)) inside = !inside;
    });
  return inside;
}

describe("the files of a view", () => {
  const names = ["96_0", "104_0", "104_-8", "world"];

  it("are the cells that it overlaps", () => {
    expect(filesFor({ west: 103.9, east: 104.2, south: 1, north: 1.2 }, names)).toEqual(["96_0", "104_0"]);
    expect(filesFor({ west: 104.1, east: 104.2, south: -0.2, north: 0.2 }, names)).toEqual(["104_0", "104_-8"]);
  });

  it("have the rest of the world where cells do not cover the view", () => {
    expect(filesFor({ west: 95, east: 97, south: 1, north: 2 }, names)).toEqual(["96_0", "world"]);
    expect(filesFor({ west: 4, east: 5, south: 52, north: 53 }, names)).toEqual(["world"]);
  });
});

describe("rings", () => {
  it("are decoded from differences", () => {
    expect(decodeRings({ scale: 10, rings: [[1040, 10, 5, -20, -5, 0]] })).toEqual([
      [
        [1, 104],
        [-1, 104.5],
        [-1, 104],
      ],
    ]);
  });
});

describe("the shipped land", () => {
  it.each([
    ["Batam Centre", 1.12, 104.05],
    ["Bintan", 1.05, 104.5],
    ["Rempang", 0.88, 104.15],
    ["Singapore", 1.36, 103.82],
    ["Jakarta", -6.25, 106.83],
    ["Denpasar", -8.65, 115.2],
    ["Jayapura's hinterland", -2.7, 140.5],
    ["Yogyakarta", -7.8, 110.37],
    ["Manado's hinterland", 1.3, 124.8],
    ["London", 51.5, -0.5],
    ["Nairobi", -1.3, 36.8],
  ])("covers %s", (_place, lat, lon) => {
    expect(isLand(lat, lon)).toBe(true);
  });

  it.each([
    ["the Singapore Strait", 1.2, 103.85],
    ["the strait between Batam and Bintan", 1.1, 104.19],
    ["the Java Sea", -5.0, 110.0],
    ["the Sunda Strait", -6.1, 105.6],
    ["the Bali Strait's south", -8.9, 114.7],
    ["the Banda Sea", -5.5, 127.5],
    ["the North Atlantic", 40, -40],
  ])("leaves out %s", (_place, lat, lon) => {
    expect(isLand(lat, lon)).toBe(false);
  });

  it("is small enough to be loaded over mobile data", () => {
    const sizes = Object.entries(CELLS).map(([path, cell]) => [path, JSON.stringify(cell).length] as const);
    for (const [path, size] of sizes) expect.soft(size, path).toBeLessThan(path.includes("world") ? 150_000 : 60_000);
    expect(sizes.reduce((sum, [, size]) => sum + size, 0)).toBeLessThan(600_000);
  });
});
