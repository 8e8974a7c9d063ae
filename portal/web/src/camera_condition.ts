/** State of a camera for the public: one of seven words, its last picture, and the cause where it is known. */

import type { CameraState, GapCause } from "./api/schema";
import { sightMessage } from "./explanations";
import { number, type TimeFormat } from "./format";
import { localized, type TextKey, t } from "./i18n";
import { DAY_MS } from "./timezone";

export type ConditionKind =
  | "live"
  | "delayed"
  | "frozen"
  | "unusable"
  | "connecting"
  | "offline"
  | "maintenance"
  | "unknown";

const KIND_TEXTS: Record<ConditionKind, TextKey> = {
  live: "stateLive",
  delayed: "stateDelayed",
  frozen: "stateFrozen",
  unusable: "stateUnusable",
  connecting: "stateConnecting",
  offline: "stateOffline",
  maintenance: "stateMaintenance",
  unknown: "stateNotKnown",
};
const CAUSE_TEXTS: Record<GapCause, TextKey> = {
  camera: "causeCamera",
  link: "causeLink",
  site_power: "causeSitePower",
  worker: "causeWorker",
  maintenance: "causeMaintenance",
  view: "causeView",
  overload: "causeOverload",
  unknown: "causeUnknown",
};
/** States that name the last analysed frame. When they began is not known: another trouble may have come before. */
const NAMES_LAST_PICTURE: readonly ConditionKind[] = ["frozen", "offline", "unusable"];
/** Flow (vehicles/h) below which the number is not stated: a tenth of an hour has less than one. [assumption] */
const FEW_VEHICLES_H = 10;

/** lost: the connection to the portal is lost, so that the present state is not known. */
export function conditionKind(camera: CameraState, lost: boolean): ConditionKind {
  if (camera.out_of_service) return "maintenance";
  if (lost) return "unknown";
  if (camera.status === "online" || camera.status === "degraded") return camera.delayed ? "delayed" : "live";
  return camera.status;
}

/** The state in words, with the last analysed picture of a camera that is down: "Offline. Last picture analysed: 14:03 WIB". */
export function conditionText(camera: CameraState, kind: ConditionKind, time: TimeFormat): string {
  const state = t(KIND_TEXTS[kind]);
  const at = camera.last_analysed_at;
  if (at === null || !NAMES_LAST_PICTURE.includes(kind)) return state;
  const isToday = Date.parse(camera.updated_at) - Date.parse(at) < DAY_MS / 2;
  return t("stateLastPicture", { state, time: isToday ? time.clock(at) : time.dayAndClock(at) });
}

/** Why, in a sentence for the public: the operators' own words, else the cause. Null for a camera without trouble. */
export function causeText(camera: CameraState, kind: ConditionKind): string | null {
  if (camera.out_of_service) return localized(camera.out_of_service);
  if (kind === "unknown" || kind === "connecting") return null;
  if (kind === "live") {
    const limited = camera.status === "degraded" ? t("statusDegraded") : null;
    return camera.cause === "overload" ? t("causeOverload") : (sightMessage(camera.sight) ?? limited);
  }
  return t(CAUSE_TEXTS[camera.cause ?? "unknown"]);
}

/** Flow and speed in words: "About 1,200 vehicles an hour, 35 km/h". Null without either. */
export function trafficText(camera: CameraState): string | null {
  const speed = worstZoneSpeed(camera);
  const flow = camera.flow_veh_h;
  const speedText = speed === null ? null : number(Math.max(1, Math.round(speed)));
  if (flow === null) return speedText === null ? null : t("speedOnly", { speed: speedText });
  if (flow < FEW_VEHICLES_H) return speedText === null ? t("flowFew") : t("flowFewAndSpeed", { speed: speedText });
  const flowText = number(rounded(flow));
  return speedText === null
    ? t("flowOnly", { flow: flowText })
    : t("flowAndSpeed", { flow: flowText, speed: speedText });
}

/** Speed (km/h) of the zone that gives the camera its level; null where it has none. */
function worstZoneSpeed({ level, zones }: CameraState): number | null {
  if (level === "unknown") return null;
  const speeds = zones.filter((zone) => zone.level === level && zone.speed_kmh !== null);
  return speeds.length ? Math.min(...speeds.map((zone) => zone.speed_kmh ?? 0)) : null;
}

/** Two significant digits, which is what a count of minutes is good for. */
function rounded(value: number): number {
  return Number(value.toPrecision(2));
}
