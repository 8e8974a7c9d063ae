/** Cameras to map markers: those of one site are one marker, and so are those whose badges would overlap. */

import type { Camera, Position } from "./api/client";
import { compareLevels, type Level, worstLevel } from "./levels";

/** `more`: how many other places were joined into this one, which is named after the first. */
export interface Place {
  key: string;
  name: string;
  more: number;
  position: Position;
  cameras: Camera[];
}

export interface PixelPoint {
  x: number;
  y: number;
}

/** Cameras without a position, their own or their site's, are left out. */
export function placesOf(cameras: readonly Camera[]): Place[] {
  const places = new Map<string, Place>();
  for (const camera of cameras) {
    const position = camera.site?.position ?? camera.position;
    if (!position) continue;
    const key = camera.site ? `site ${camera.site.id}` : `camera ${camera.id}`;
    const place = places.get(key) ?? { key, name: camera.site?.name ?? camera.name, more: 0, position, cameras: [] };
    place.cameras.push(camera);
    places.set(key, place);
  }
  return [...places.values()];
}

/** Joins places that lie within `reach` pixels of one another on the screen; the first of each group keeps its spot. */
export function joinNear(places: readonly Place[], toPixel: (position: Position) => PixelPoint, reach: PixelPoint): Place[] {
  const joined: { place: Place; at: PixelPoint }[] = [];
  for (const place of places) {
    const at = toPixel(place.position);
    const near = joined.find((other) => Math.abs(other.at.x - at.x) < reach.x && Math.abs(other.at.y - at.y) < reach.y);
    if (near) {
      near.place = {
        ...near.place,
        key: `${near.place.key} ${place.key}`,
        more: near.place.more + 1,
        cameras: [...near.place.cameras, ...place.cameras],
      };
    } else {
      joined.push({ place, at });
    }
  }
  return joined.map(({ place }) => place);
}

export function levelOf(cameras: readonly Camera[], shown: (level: Level) => Level): Level {
  return worstLevel(cameras.map((camera) => shown(camera.level)));
}

/** Worst first, then by name. */
export function bySeverity(cameras: readonly Camera[], shown: (level: Level) => Level): Camera[] {
  return [...cameras].sort(
    (a, b) => compareLevels(shown(a.level), shown(b.level)) || a.name.localeCompare(b.name, "id", { numeric: true }),
  );
}
