import { expect, it } from "vitest";
import { nearestCameras } from "../../src/components/incident_detail";
import { camera } from "../support/builders";

const at = (lat: number, lon = 104): { lat: number; lon: number } => ({ lat, lon });

it("the nearest cameras are the others in the order of their distance, at their site where they have no position", () => {
  const cameras = [
    camera("own", { position: at(1) }),
    camera("far", { position: at(1.05) }),
    camera("unplaced"),
    camera("at-site", { site: { id: "s", name: "S", position: at(1.001) } }),
    ...[0.04, 0.03, 0.02].map((d) => camera(`d${d}`, { position: at(1 + d) })),
  ];
  const found = nearestCameras(cameras, { camera_id: "own", position: at(1) });
  expect(found.map(({ camera: { id } }) => id)).toEqual(["at-site", "d0.02", "d0.03", "d0.04"]);
  expect(Math.round(found[0]?.metres ?? 0)).toBe(111);
  expect(nearestCameras(cameras, { camera_id: "own", position: null })).toEqual([]);
});
