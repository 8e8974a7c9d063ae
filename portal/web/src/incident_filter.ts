/** The incidents at hand, in the order in which police read them. */

import type { Incident } from "./api/client";

export interface Filter {
  camera: string;
  type: string;
  onlyOpen: boolean;
}

export function matches(incident: Incident, { camera, type, onlyOpen }: Filter): boolean {
  return (
    (camera === "" || incident.camera_id === camera) &&
    (type === "" || incident.type === type) &&
    (!onlyOpen || incident.end_at === null)
  );
}

/** Those that last come first, then the newest. */
export function inReadingOrder(incidents: Iterable<Incident>): Incident[] {
  return [...incidents].sort(
    (a, b) =>
      Number(a.end_at !== null) - Number(b.end_at !== null) || Date.parse(b.detected_at) - Date.parse(a.detected_at),
  );
}
