/** Zones and gates drawn over the picture, in pixels of the camera's geometry, which covers the whole picture. */

import "./zone_overlay.css";

import type { CameraDetail, Level, ZoneState } from "../api/schema";
import { svg } from "../dom";

/** Draws the shapes. picture: its width and height; zeros where it is not known. */
export function zoneOverlay(
  detail: CameraDetail,
  picture: readonly [number, number],
  zones: readonly ZoneState[],
  shown: (level: Level) => Level,
): SVGElement | null {
  if (!detail.image_size) return null;
  const [width, height] = detail.image_size;
  // A sub-stream may be squeezed into another aspect, and the geometry may be drawn on it.
  const [shownWidth, shownHeight] = picture[0] && picture[1] ? picture : detail.image_size;
  const shapes = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    width: shownWidth,
    height: shownHeight,
    preserveAspectRatio: "none",
  });
  const overlay = svg(
    "svg",
    { viewBox: `0 0 ${shownWidth} ${shownHeight}`, class: "zone-overlay", "aria-hidden": "true" },
    shapes,
  );
  for (const { id, polygon } of detail.zones) {
    if (!polygon.length) continue;
    const level = shown(zones.find((zone) => zone.id === id)?.level ?? "unknown");
    shapes.append(svg("polygon", { points: polygon.join(" "), class: `zone-shape level-${level}` }));
  }
  for (const { p1, p2 } of detail.gates) {
    shapes.append(svg("line", { x1: p1[0], y1: p1[1], x2: p2[0], y2: p2[1], class: "gate-line" }));
  }
  return overlay;
}
