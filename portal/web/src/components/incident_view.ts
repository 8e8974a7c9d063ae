/** Views of an incident: its row in the list, and its detail with all evidence. */

import "./incident_view.css";

import { apiUrl } from "../api/client";
import type { Incident } from "../api/schema";
import { serverNow } from "../api/server_clock";
import type { AppContext } from "../app_context";
import { type Child, h, svg } from "../dom";
import { incidentSummary } from "../explanations";
import { ago, duration, percent } from "../format";
import { label, t } from "../i18n";
import { siteAddress } from "../site_root";
import { DAY_MS } from "../timezone";
import { factList, zoneName } from "./camera_facts";

function incidentPath(id: string): string {
  return siteAddress(`/kejadian/${encodeURIComponent(id)}`);
}

/** Camera and site; the camera alone where both have the same name. */
export function placeOf(incident: Incident): string {
  const { camera_name: camera, site_name: site } = incident;
  return site && site !== camera ? `${camera}, ${site}` : camera;
}

export function incidentRow(
  { time }: AppContext,
  incident: Incident,
  state: { chosen: boolean; unread: boolean },
): HTMLElement {
  const { id, type, detected_at } = incident;
  const age = serverNow() - Date.parse(detected_at);
  const when = age < DAY_MS ? `${time.clock(detected_at)} · ${ago(age)}` : time.dayAndClock(detected_at);
  return h(
    "li",
    { "data-incident": id, class: state.unread ? "incident-new" : null },
    h(
      "a",
      { href: incidentPath(id), class: "incident-row", "aria-current": state.chosen ? "true" : null },
      h("strong", {}, label(type)),
      stateTag(incident),
      h("span", { class: "incident-place" }, placeOf(incident)),
      h("span", { class: "hint" }, state.unread ? h("mark", {}, t("incidentNew")) : null, when),
    ),
  );
}

export function incidentDetail(app: AppContext, incident: Incident): HTMLElement {
  const { time } = app;
  const end = incident.end_at;
  const lasted = (end === null ? serverNow() : Date.parse(end)) - Date.parse(incident.start_at);
  const facts: [string, Child][] = [
    [t("reason"), incidentSummary(incident)],
    [t("place"), placeOf(incident)],
    [t("zone"), incident.zone === null ? t("noValue") : zoneName(app, incident.zone)],
    [t("coordinates"), coordinates(incident)],
    [t("began"), time.dayAndClock(incident.start_at, true)],
    [t("detected"), time.dayAndClock(incident.detected_at, true)],
    [t("ended"), end === null ? t("incidentOpen") : time.dayAndClock(end, true)],
    [t("lasted"), duration(lasted)],
    [t("confidence"), percent(incident.confidence)],
  ];
  return h(
    "article",
    { class: "card incident-card", "data-detail": incident.id },
    h("div", { class: "page-head" }, h("h2", {}, label(incident.type)), stateTag(incident)),
    snapshot(incident),
    factList(facts),
    evidenceLink(incident),
    h(
      "a",
      { href: siteAddress(`/camera/${encodeURIComponent(incident.camera_id)}`), class: "button" },
      t("openCamera"),
    ),
  );
}

function stateTag({ end_at }: Incident): HTMLElement {
  const open = end_at === null;
  const icon = svg("svg", { viewBox: "0 0 14 14", class: "incident-state-icon", "aria-hidden": "true" });
  const triangle = svg("path", { d: "M7 1 13.500 12.500H.500Z" });
  const tick = svg("path", { d: "M2 7.500 5.500 11 12 3.500", class: "check" });
  icon.append(open ? triangle : tick);
  const state = open ? "open" : "ended";
  return h("span", { class: `incident-state ${state}` }, icon, t(open ? "incidentOpen" : "incidentOver"));
}

function snapshot({ id, snapshot: stored, camera_name: camera }: Incident): HTMLElement {
  const missing = h("p", { class: "hint incident-snapshot-missing" }, t("snapshotNone"));
  if (stored === null) return missing;
  const address = apiUrl("/api/incidents/{incident_id}/snapshot.jpg", { path: { incident_id: id } });
  const image = h("img", { src: address, alt: t("snapshotAlt", { camera }) });
  const link = h("a", { href: address, target: "_blank", rel: "noopener", class: "incident-snapshot" }, image);
  image.addEventListener("error", () => link.replaceWith(missing));
  return link;
}

function evidenceLink({ id, evidence_sheet: sheet }: Incident): HTMLElement | null {
  if (sheet === null) return null;
  const address = apiUrl("/api/incidents/{incident_id}/evidence.html", { path: { incident_id: id } });
  return h("a", { href: address, target: "_blank", rel: "noopener", class: "button" }, t("evidencePackage"));
}

/** A `geo:` link, which opens the map application of a phone. */
function coordinates({ position }: Incident): Child {
  if (position === null) return t("noValue");
  const text = `${position.lat.toFixed(5)}, ${position.lon.toFixed(5)}`;
  return h("a", { href: `geo:${position.lat},${position.lon}` }, text);
}
