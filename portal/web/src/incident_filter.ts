/** Filter and display order of incidents. */

import type { Incident, IncidentType } from "./api/schema";

/** "" stands for all cameras or all types. */
export interface IncidentFilter {
  camera: string;
  type: IncidentType | "";
  onlyOpen: boolean;
}

export function matches(incident: Incident, { camera, type, onlyOpen }: IncidentFilter): boolean {
  return (
    (camera === "" || incident.camera_id === camera) &&
    (type === "" || incident.type === type) &&
    (!onlyOpen || incident.end_at === null)
  );
}

/** Open incidents first, then by time of detection, newest first. */
export function inDisplayOrder(incidents: Iterable<Incident>): Incident[] {
  return [...incidents].sort(
    (a, b) =>
      Number(a.end_at !== null) - Number(b.end_at !== null) || Date.parse(b.detected_at) - Date.parse(a.detected_at),
  );
}
