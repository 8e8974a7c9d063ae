import { describe, expect, it } from "vitest";
import type { CameraState, HistoryRow, Level, Position } from "../src/api/schema";
import { observedShare } from "../src/history/observed_share";
import { stackSeries } from "../src/history/stack_series";
import { worstLevel } from "../src/levels";
import { bySeverity, clusterBySite, mergeNearby } from "../src/marker_clusters";

function camera(id: string, level: Level, site: string | null = null, position: Position | null = null): CameraState {
  return {
    id,
    name: id,
    site: site === null ? null : { id: site, name: site, position },
    owner: null,
    visibility: "public",
    position: site === null ? position : null,
    level,
    status: "online",
    reason: null,
    load: null,
    out_of_service: null,
    zones: [],
    last_analysed_at: null,
    updated_at: "2026-11-22T00:00:00Z",
    video: null,
  };
}

const same = (level: Level): Level => level;

describe("levels", () => {
  it("are unknown only where nothing is known", () => {
    expect(worstLevel(["free", "unknown", "congested"])).toBe("congested");
    expect(worstLevel(["unknown", "unknown"])).toBe("unknown");
    expect(worstLevel([])).toBe("unknown");
  });

  it("sort cameras worst first, those without data last, then by name with its number", () => {
    const cameras = [camera("c 10", "free"), camera("u", "unknown"), camera("c 2", "free"), camera("j", "jammed")];
    expect(bySeverity(cameras, same).map(({ id }) => id)).toEqual(["j", "c 2", "c 10", "u"]);
  });
});

describe("places on the map", () => {
  const here = { lat: 1, lon: 104 };
  const near = { lat: 1, lon: 104.001 };
  const far = { lat: 1, lon: 104.5 };
  const toPixel = ({ lat, lon }: Position) => ({ x: lon * 10_000, y: lat * 10_000 });

  it("are one for all cameras of a site, and none without a position", () => {
    const places = clusterBySite([
      camera("a", "free", "s", here),
      camera("b", "dense", "s", here),
      camera("c", "free"),
    ]);
    expect(places.map(({ name, cameras }) => [name, cameras.length])).toEqual([["s", 2]]);
  });

  it("are joined where they would overlap, and only there", () => {
    const places = clusterBySite([
      camera("a", "free", null, here),
      camera("b", "free", null, near),
      camera("c", "free", null, far),
    ]);
    const joined = mergeNearby(places, toPixel, { x: 50, y: 50 });
    expect(joined.map(({ name, more, cameras }) => [name, more, cameras.length])).toEqual([
      ["a", 1, 2],
      ["c", 0, 1],
    ]);
  });
});

describe("gaps", () => {
  it("stay gaps when classes are stackSeries", () => {
    expect(
      stackSeries([
        [1, null, 3],
        [4, null, 0],
      ]),
    ).toEqual([
      [1, null, 3],
      [5, null, 3],
    ]);
  });

  it("count as unobserved, and time to come does not", () => {
    const row = (start: string, end: string, coverage: number) =>
      ({ start_at: start, end_at: end, coverage }) as HistoryRow;
    const rows = [
      row("2026-11-22T00:00Z", "2026-11-22T01:00Z", 1),
      row("2026-11-22T01:00Z", "2026-11-22T02:00Z", 0),
      row("2026-11-22T02:00Z", "2026-11-22T03:00Z", 0.5),
    ];
    expect(observedShare(rows, Date.parse("2026-11-22T02:30Z"))).toBeCloseTo(1.5 / 2.5);
    expect(observedShare([], 0)).toBe(0);
  });
});
