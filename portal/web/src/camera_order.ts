/** Orders of the camera list: worst level first, nearest first, or in groups by site or by owner. */

import type { CameraState, Level, Position } from "./api/schema";
import { t } from "./i18n";
import { bySeverity } from "./marker_clusters";
import { distanceM } from "./nearby";

export type Order = "level" | "site" | "owner" | "near";

/** name: null for the only group, which needs no heading. */
export interface CameraGroup {
  name: string | null;
  cameras: CameraState[];
}

/** from: position of the reader, for the order `near`. shown: maps a reported level to the level to show. */
export function groupCameras(
  cameras: readonly CameraState[],
  order: Order,
  from: Position | null,
  shown: (level: Level) => Level,
): CameraGroup[] {
  const worstFirst = bySeverity(cameras, shown);
  if (order === "near" && from) return [{ name: null, cameras: nearestFirst(worstFirst, from) }];
  if (order === "site") return named(worstFirst, (camera) => camera.site?.name ?? null, t("noSite"));
  if (order === "owner") return named(worstFirst, (camera) => camera.owner, t("noOwner"));
  return [{ name: null, cameras: worstFirst }];
}

/** Cameras without a position come last, in the order in which they are given. */
function nearestFirst(cameras: readonly CameraState[], from: Position): CameraState[] {
  const distance = (camera: CameraState): number => {
    const at = camera.position ?? camera.site?.position;
    return at ? distanceM(from, at) : Number.POSITIVE_INFINITY;
  };
  const measured = cameras.map((camera) => ({ camera, m: distance(camera) }));
  return measured.sort((a, b) => (a.m === b.m ? 0 : a.m - b.m)).map(({ camera }) => camera);
}

/** Groups by name in alphabetical order; cameras without one come last. */
function named(
  cameras: readonly CameraState[],
  nameOf: (camera: CameraState) => string | null,
  without: string,
): CameraGroup[] {
  const groups = new Map<string | null, CameraState[]>();
  for (const camera of cameras) {
    const name = nameOf(camera);
    groups.set(name, [...(groups.get(name) ?? []), camera]);
  }
  return [...groups]
    .sort(
      ([a], [b]) =>
        Number(a === null) - Number(b === null) || (a ?? "").localeCompare(b ?? "", "id", { numeric: true }),
    )
    .map(([name, members]) => ({ name: name ?? without, cameras: members }));
}
