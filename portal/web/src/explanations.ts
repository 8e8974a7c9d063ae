/** The condition of a camera and the cause of an incident, in words of the reader's language. */

import type { CameraState, CameraStatus, Incident, IncidentType } from "./api/schema";
import { duration, number, percent } from "./format";
import { localized, type TextKey, t } from "./i18n";

/** A condition code of the server, and the figures that belong to it. */
export interface Condition {
  code: string;
  details: Readonly<Record<string, string | number | null>>;
}

/** Words of each condition code: what is wrong, and what to do. To add a code, add a line here and in both languages.
 * `{name}` in a text is the detail of that name, written by its unit: `_share`, `_s`, `_fps`, `_deg`.
 */
const CONDITION_TEXTS: Readonly<Record<string, TextKey>> = {
  overloaded: "conditionOverloaded",
  stream_lost: "conditionStreamLost",
  analysis_failed: "conditionAnalysisFailed",
  live_video_failed: "conditionLiveVideoFailed",
  sub_stream_failed: "conditionSubStreamFailed",
  frozen: "conditionFrozen",
  dark: "conditionDark",
  washed_out: "conditionWashedOut",
  covered: "conditionCovered",
  blurred: "conditionBlurred",
  moved: "conditionMoved",
};

const STATUS_TEXTS: Record<CameraStatus, TextKey> = {
  online: "statusOnline",
  degraded: "statusDegraded",
  connecting: "statusConnecting",
  frozen: "statusFrozen",
  unusable: "statusUnusable",
  offline: "statusOffline",
};

const INCIDENT_TEXTS: Record<IncidentType, TextKey> = {
  stopped_vehicle: "incidentStoppedVehicle",
  wrong_way: "incidentWrongWay",
  congestion: "incidentCongestion",
  person_on_road: "incidentPersonOnRoad",
  collision: "incidentCollision",
};

/** The status of a camera in words. */
export function statusText(camera: CameraState): string {
  return t(camera.out_of_service ? "statusOutOfService" : STATUS_TEXTS[camera.status]);
}

/** What is wrong with a camera and what to do, for operators. Null if nothing is, or for other users. */
export function operatorMessage(camera: CameraState): string | null {
  const condition = conditionOf(camera);
  return (condition && conditionMessage(condition)) ?? camera.reason;
}

/** Why a camera has no data or less exact data: the text for the public, else the one for operators. */
export function statusMessage(camera: CameraState): string | null {
  return camera.out_of_service ? localized(camera.out_of_service) : operatorMessage(camera);
}

/** Null for a code without words. */
export function conditionMessage({ code, details }: Condition): string | null {
  const key = CONDITION_TEXTS[code];
  if (!key) return null;
  const values = Object.entries(details).map(([name, value]) => [name, written(name, value)]);
  return t(key, Object.fromEntries(values));
}

/** What happened, from the type and the times of an incident. Null for a type without words. */
export function incidentSummary({ type, start_at, detected_at }: Incident): string | null {
  const key: TextKey | undefined = INCIDENT_TEXTS[type];
  return key ? t(key, { duration: duration(Date.parse(detected_at) - Date.parse(start_at)) }) : null;
}

/** The server sends one condition as a code so far; the others are sentences in `reason`. */
function conditionOf(camera: CameraState): Condition | null {
  return camera.load?.overloaded ? { code: "overloaded", details: {} } : null;
}

function written(name: string, value: string | number | null): string {
  if (typeof value !== "number") return value ?? t("noValue");
  if (name.endsWith("_share")) return percent(value);
  if (name.endsWith("_s")) return duration(1000 * value);
  return number(value, name.endsWith("_deg") ? 0 : 1);
}
