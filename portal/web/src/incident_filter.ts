/** Filter and display order of incidents. */

import type { Incident, IncidentType } from "./api/schema";

/** "" stands for all cameras or all types. */
export interface IncidentFilter {
  camera: string;
  type: IncidentType | "";
  onlyPending: boolean;
}

export function matches(incident: Incident, { camera, type, onlyPending }: IncidentFilter): boolean {
  return (
    (camera === "" || incident.camera_id === camera) &&
    (type === "" || incident.type === type) &&
    (!onlyPending || incident.handling.pending)
  );
}

/** Incidents to be handled first, then by time of detection, newest first. */
export function inDisplayOrder(incidents: Iterable<Incident>): Incident[] {
  return [...incidents].sort(
    (a, b) =>
      Number(b.handling.pending) - Number(a.handling.pending) || Date.parse(b.detected_at) - Date.parse(a.detected_at),
  );
}
