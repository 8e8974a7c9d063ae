/** Zones and gates drawn over the video, in pixels of the camera's geometry. */

import "./zone_overlay.css";

import type { CameraDetail, Level, ZoneState } from "../api/schema";
import { svg } from "../dom";

export function zoneOverlay(
  detail: CameraDetail,
  zones: readonly ZoneState[],
  shown: (level: Level) => Level,
): SVGElement | null {
  if (!detail.image_size) return null;
  const [width, height] = detail.image_size;
  const overlay = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "zone-overlay", "aria-hidden": "true" });
  for (const { id, polygon } of detail.zones) {
    if (!polygon.length) continue;
    const level = shown(zones.find((zone) => zone.id === id)?.level ?? "unknown");
    overlay.append(svg("polygon", { points: polygon.join(" "), class: `zone-shape level-${level}` }));
  }
  for (const { p1, p2 } of detail.gates) {
    overlay.append(svg("line", { x1: p1[0], y1: p1[1], x2: p2[0], y2: p2[1], class: "gate-line" }));
  }
  return overlay;
}
