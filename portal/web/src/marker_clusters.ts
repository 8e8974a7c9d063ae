/** Groups cameras into map markers: by site, then by overlap of the markers. */

import type { CameraState, Level, Position } from "./api/schema";
import { compareLevels, worstLevel } from "./levels";

/** Cameras of a marker. more: number of sites merged into the first, which gives the name and the position. */
export interface Cluster {
  key: string;
  name: string;
  more: number;
  position: Position;
  cameras: CameraState[];
}

interface PixelPoint {
  x: number;
  y: number;
}

/** A cluster for each site, and for each camera without a site. Cameras without a position are left out. */
export function clusterBySite(cameras: readonly CameraState[]): Cluster[] {
  const clusters = new Map<string, Cluster>();
  for (const camera of cameras) {
    const position = camera.site?.position ?? camera.position;
    if (!position) continue;
    const key = camera.site ? `site ${camera.site.id}` : `camera ${camera.id}`;
    const name = camera.site?.name ?? camera.name;
    const cluster = clusters.get(key) ?? { key, name, more: 0, position, cameras: [] };
    cluster.cameras.push(camera);
    clusters.set(key, cluster);
  }
  return [...clusters.values()];
}

/** Merges clusters less than `extent` pixels apart on the screen. The first of each group keeps its position. */
export function mergeNearby(
  clusters: readonly Cluster[],
  toPixel: (position: Position) => PixelPoint,
  extent: PixelPoint,
): Cluster[] {
  const merged: { cluster: Cluster; at: PixelPoint }[] = [];
  for (const cluster of clusters) {
    const at = toPixel(cluster.position);
    const near = merged.find(
      (other) => Math.abs(other.at.x - at.x) < extent.x && Math.abs(other.at.y - at.y) < extent.y,
    );
    if (near) near.cluster = union(near.cluster, cluster);
    else merged.push({ cluster, at });
  }
  return merged.map(({ cluster }) => cluster);
}

function union(first: Cluster, second: Cluster): Cluster {
  return {
    ...first,
    key: `${first.key} ${second.key}`,
    more: first.more + 1,
    cameras: [...first.cameras, ...second.cameras],
  };
}

/** Cameras of a cluster by what is known. known: number with a level; level: the worst of these; worst: its cameras. */
export interface Knowledge {
  level: Level;
  known: number;
  worst: number;
  unknown: number;
}

/** What is known of some cameras. shown: maps a reported level to the level to show. */
export function knowledgeOf(cameras: readonly CameraState[], shown: (level: Level) => Level): Knowledge {
  const level = worstShownLevel(cameras, shown);
  const having = (wanted: Level): number => cameras.filter((camera) => shown(camera.level) === wanted).length;
  const unknown = having("unknown");
  return { level, known: cameras.length - unknown, worst: having(level), unknown };
}

/** The worst level of some cameras. shown: maps a reported level to the level to show. */
export function worstShownLevel(cameras: readonly CameraState[], shown: (level: Level) => Level): Level {
  return worstLevel(cameras.map((camera) => shown(camera.level)));
}

/** Worst level first, then by name, with numbers in numeric order. */
export function bySeverity(cameras: readonly CameraState[], shown: (level: Level) => Level): CameraState[] {
  return [...cameras].sort(
    (a, b) => compareLevels(shown(a.level), shown(b.level)) || a.name.localeCompare(b.name, "id", { numeric: true }),
  );
}
