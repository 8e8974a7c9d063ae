/** The condition of a camera and the cause of an incident, in words of the reader's language. */

import type {
  CameraState,
  CameraStatus,
  Condition,
  ConditionDetails,
  Incident,
  IncidentEvidence,
  IncidentType,
  Sight,
} from "./api/schema";
import { duration, number, percent } from "./format";
import { label, language, localized, type TextKey, t } from "./i18n";

/** Text of each condition: what is wrong, and what to do. Null where there is nothing to explain.
 * `{name}` in a text is the detail of that name, as `detailText` writes it.
 */
const CONDITION_TEXTS: Readonly<Record<Condition, TextKey | null>> = {
  worker_stopped: "conditionWorkerStopped",
  malformed_address: "conditionMalformedAddress",
  silent: "conditionSilent",
  unreachable: "conditionUnreachable",
  unknown_host: "conditionUnknownHost",
  no_udp_packets: "conditionNoUdpPackets",
  connection_refused: "conditionConnectionRefused",
  credentials_refused: "conditionCredentialsRefused",
  stream_refused: "conditionStreamRefused",
  stream_not_found: "conditionStreamNotFound",
  file_not_found: "conditionFileNotFound",
  stream_ended: "conditionStreamEnded",
  stream_lost: "conditionStreamLost",
  unreadable_stream: "conditionUnreadableStream",
  no_video: "conditionNoVideo",
  no_frames: "conditionNoFrames",
  unknown_codec: "conditionUnknownCodec",
  unsupported_codec: "conditionUnsupportedCodec",
  undecodable_video: "conditionUndecodableVideo",
  unsupported_rotation: "conditionUnsupportedRotation",
  unsupported_pixels: "conditionUnsupportedPixels",
  separate_fields: "conditionSeparateFields",
  internal_error: "conditionInternalError",
  connecting: null,
  geometry_outside_frame: "conditionGeometryOutsideFrame",
  geometry_aspect: "conditionGeometryAspect",
  geometry_mismatch: "conditionGeometryMismatch",
  analysis_failed: "conditionAnalysisFailed",
  covered: "conditionCovered",
  blurred: "conditionBlurred",
  moved: "conditionMoved",
  unrecognised: "conditionUnrecognised",
  dark: "conditionDark",
  washed_out: "conditionWashedOut",
  frozen: "conditionFrozen",
  live_video_failed: "conditionLiveVideoFailed",
  sub_stream_failed: "conditionSubStreamFailed",
  disk_full: "conditionDiskFull",
  low_frame_rate: "conditionLowFrameRate",
  clock_unusable: "conditionClockUnusable",
  behind: "conditionBehind",
  clock_off: "conditionClockOff",
  overloaded: "conditionOverloaded",
  fact_dropped: "conditionFactDropped",
  gate_at_edge: "conditionGateAtEdge",
  gate_too_short: "conditionGateTooShort",
  gate_out_of_reach: "conditionGateOutOfReach",
  unplayable_codec: "conditionUnplayableCodec",
  rare_keyframes: "conditionRareKeyframes",
  stills_only: "conditionStillsOnly",
  ok: null,
};

/** Names of shapes drawn on the frame. */
const SHAPE_TEXTS: Readonly<Record<string, TextKey>> = { gate: "gate", zone: "zone" };

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

const SIGHT_TEXTS: Record<Sight, TextKey> = {
  clear: "sightClearName",
  doubtful: "sightDoubtfulName",
  blind: "sightBlindName",
};

/** The status of a camera in words. */
export function statusText(camera: CameraState): string {
  return t(camera.out_of_service ? "statusOutOfService" : STATUS_TEXTS[camera.status]);
}

/** What is wrong with a camera and what to do, for operators. Null if nothing is, or for other users. */
export function operatorMessage({ condition, details, reason }: CameraState): string | null {
  if (condition !== null) return conditionMessage(condition, details ?? {});
  if (reason === null) return null;
  return language() === "en" ? reason : t("conditionNotNamed"); // an older worker sends an English sentence alone
}

/** Why a camera has no data or less exact data: the text for the public, else the one for operators. */
export function statusMessage(camera: CameraState): string | null {
  if (camera.out_of_service) return localized(camera.out_of_service);
  return operatorMessage(camera) ?? sightMessage(camera.sight);
}

/** Why the counts are too low or missing though the camera works. Null where the detector sees what moves. */
export function sightMessage(sight: Sight | null): string | null {
  if (sight === null || sight === "clear") return null;
  return t(sight === "blind" ? "sightBlind" : "sightDoubtful");
}

/** The sight of the detector in a word; null where it is not known. */
export function sightName(sight: Sight | null): string | null {
  return sight && t(SIGHT_TEXTS[sight]);
}

/** The text of a condition with its details. Null where there is nothing to explain. */
export function conditionMessage(condition: Condition, details: ConditionDetails): string | null {
  const key = CONDITION_TEXTS[condition];
  if (key === null) return null;
  const { cause, address, ...others } = details;
  const values = Object.entries(others).map(([name, value]) => [name, detailText(name, value)]);
  const of = cause ? (conditionMessage(cause, { ...others, address }) ?? "") : t("noValue");
  const text = t(key, { ...Object.fromEntries(values), cause: of }).replace(/\{\w+\}/g, t("noValue"));
  return address && !cause ? `${text} (${address})` : text;
}

/** What happened: a sentence from the type of an incident and its evidence. */
export function incidentSummary({ type, start_at, detected_at, evidence }: Incident): string {
  const ms = evidence?.duration_s == null ? Date.parse(detected_at) - Date.parse(start_at) : 1000 * evidence.duration_s;
  const user = evidence?.road_user ? label(evidence.road_user) : t("vehicle");
  const sentence = t(INCIDENT_TEXTS[type], { user, duration: duration(ms) });
  const figure = evidence && incidentFigure(type, evidence);
  return figure ? `${sentence} ${figure}` : sentence;
}

/** The figure that is specific to a type, as a sentence. */
function incidentFigure(type: IncidentType, evidence: IncidentEvidence): string | null {
  const { passed_by, against_m, relative_speed } = evidence;
  if (type === "stopped_vehicle" && passed_by) return t("incidentPassedBy", { n: number(passed_by) });
  if (type === "stopped_vehicle" && passed_by === 0) return t("incidentRoadFree");
  if (type === "wrong_way" && against_m !== null) return t("incidentAgainst", { n: number(against_m) });
  if (type === "congestion" && relative_speed !== null) {
    return t("incidentRelativeSpeed", { share: percent(relative_speed) });
  }
  return null;
}

/** Writes a pair of numbers: a size, a ratio, or a point. */
function pairText(name: string, pair: number[]): string {
  if (name.endsWith("_size")) return pair.join(" × ");
  return name.endsWith("_aspect") ? pair.join(" : ") : pair.map((n) => number(n)).join(", ");
}

/** Writes a detail by its type and by the unit in its name: `_share`, `_fps`, `_s`, `_deg`. */
function detailText(name: string, value: unknown): string {
  if (Array.isArray(value)) return pairText(name, value);
  if (typeof value === "string") return name === "shape" && SHAPE_TEXTS[value] ? t(SHAPE_TEXTS[value]) : value;
  if (typeof value !== "number") return t("noValue");
  if (name.endsWith("_share")) return percent(value);
  if (name.endsWith("_fps")) return number(value, 1);
  return name.endsWith("_s") ? duration(1000 * value) : number(value);
}
