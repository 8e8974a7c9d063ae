/** An incident in the list: its type, place, time, and states. */

import "./incident_view.css";

import type { Incident } from "../api/schema";
import { serverNow } from "../api/server_clock";
import type { AppContext } from "../app_context";
import { h, svg } from "../dom";
import { ago } from "../format";
import { handlingText } from "../handling_texts";
import { label, t } from "../i18n";
import { siteAddress } from "../site_root";
import { DAY_MS } from "../timezone";

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
      h("span", { class: "handling-state", "data-state": incident.handling.state }, handlingText(incident.handling)),
      h("span", { class: "hint" }, state.unread ? h("mark", {}, t("incidentNew")) : null, when),
    ),
  );
}

export function stateTag({ end_at }: Incident): HTMLElement {
  const open = end_at === null;
  const icon = svg("svg", { viewBox: "0 0 14 14", class: "incident-state-icon", "aria-hidden": "true" });
  const triangle = svg("path", { d: "M7 1 13.500 12.500H.500Z" });
  const tick = svg("path", { d: "M2 7.500 5.500 11 12 3.500", class: "check" });
  icon.append(open ? triangle : tick);
  const state = open ? "open" : "ended";
  return h("span", { class: `incident-state ${state}` }, icon, t(open ? "incidentOpen" : "incidentOver"));
}
