/** Answers of the API with usual values. */

import type { CameraState, City, HistoryRow, Incident, IncidentHandling } from "../../src/api/schema";
import { MEASURES } from "../../src/history/measures";

export function camera(id: string, changes: Partial<CameraState> = {}): CameraState {
  return {
    id,
    name: id,
    site: null,
    owner: null,
    visibility: "public",
    position: null,
    level: "free",
    sight: null,
    status: "online",
    cause: null,
    delayed: false,
    flow_veh_h: null,
    condition: "ok",
    details: {},
    reason: null,
    load: null,
    out_of_service: null,
    zones: [],
    last_analysed_at: null,
    updated_at: "2026-11-22T00:00:00Z",
    video: null,
    ...changes,
  };
}

export function incident(id: string, changes: Partial<Incident> = {}): Incident {
  return {
    id,
    camera_id: "kabil-1",
    camera_name: "Kabil",
    site_name: null,
    type: "stopped_vehicle",
    zone: null,
    start_at: "2026-11-22T00:00:00Z",
    detected_at: "2026-11-22T00:00:12Z",
    end_at: null,
    pixel: [0, 0],
    position: null,
    confidence: 0.9,
    evidence: { road_user: "car", duration_s: 12, passed_by: 3, against_m: null, relative_speed: null },
    reason: "A car has stood still for 12 s in a live lane.",
    snapshot: null,
    evidence_sheet: null,
    handling: handling(),
    ...changes,
  };
}

/** Handling of an incident on which no step was taken. */
export function handling(changes: Partial<IncidentHandling> = {}): IncidentHandling {
  return {
    state: "new",
    assignee: null,
    confirmed: null,
    merged_into: null,
    steps: 0,
    next: ["acknowledged", "assigned", "verified", "rejected", "merged", "noted"],
    pending: true,
    ...changes,
  };
}

export const CITY: City = {
  name: "Batam",
  timezone: "Asia/Jakarta",
  centre: { lat: 1.13, lon: 104.05 },
  zoom: 13,
  tiles: null,
  tiles_attribution: "",
  tiles_are_vector: false,
  basemap: null,
  classes: ["car", "motorcycle", "bus", "truck", "bicycle", "person"],
  public_url: null,
  simulated: false,
  controller: null,
  privacy_contact: null,
  evidence_days: null,
  whole_frame_zone: "view",
};

/** A row without any measure but the given ones. */
export function historyRow(changes: Partial<HistoryRow> = {}): HistoryRow {
  const unknown = Object.fromEntries(MEASURES.map(({ field }) => [field, null]));
  const row = { start_at: "2026-11-22T00:00:00Z", end_at: "2026-11-22T00:15:00Z", coverage: 1, counts: null };
  return { ...unknown, ...row, level: "unknown", sight: null, ...changes } as HistoryRow;
}
