/** One incident: as a row of the list, and with all its evidence. */

import type { Incident } from "../api/client";
import type { App } from "../app_context";
import { serverNow } from "../api/server_clock";
import { type Child, h, svg } from "../dom";
import { ago, duration, percent } from "../format";
import { t, word } from "../i18n";
import { introduction } from "../explanations";
import { factList, zoneName } from "./camera_facts";

const DAY_MS = 86_400_000;

export function incidentPath(id: string): string {
  return `/kejadian/${encodeURIComponent(id)}`;
}

export function placeOf(incident: Incident): string {
  const { camera_name: camera, site_name: site } = incident;
  return site && site !== camera ? `${camera}, ${site}` : camera;
}

export function incidentRow({ time }: App, incident: Incident, state: { chosen: boolean; fresh: boolean }): HTMLElement {
  const age = serverNow() - Date.parse(incident.detected_at);
  const when = age < DAY_MS ? `${time.clock(incident.detected_at)} · ${ago(age)}` : time.dayAndClock(incident.detected_at);
  return h(
    "li",
    { "data-incident": incident.id, class: state.fresh ? "is-new" : null },
    h(
      "a",
      { href: incidentPath(incident.id), class: "incident-row", "aria-current": state.chosen ? "true" : null },
      h("strong", {}, word(incident.type)),
      stateTag(incident),
      h("span", { class: "incident-place" }, placeOf(incident)),
      h("span", { class: "hint" }, state.fresh ? h("mark", {}, t("incidentNew")) : null, when),
    ),
  );
}

export function incidentDetail({ time }: App, incident: Incident): HTMLElement {
  const end = incident.end_at;
  const lasted = (end === null ? serverNow() : Date.parse(end)) - Date.parse(incident.start_at);
  const facts: [string, Child][] = [
    [t("reason"), reason(incident)],
    [t("place"), placeOf(incident)],
    [t("zone"), incident.zone === null ? t("noValue") : zoneName(incident.zone)],
    [t("coordinates"), coordinates(incident)],
    [t("began"), time.dayAndClock(incident.start_at, true)],
    [t("detected"), time.dayAndClock(incident.detected_at, true)],
    [t("ended"), end === null ? t("incidentOpen") : time.dayAndClock(end, true)],
    [t("lasted"), duration(lasted)],
    [t("confidence"), percent(incident.confidence)],
  ];
  return h(
    "article",
    { class: "card incident", "data-detail": incident.id },
    h("div", { class: "page-head" }, h("h2", {}, word(incident.type)), stateTag(incident)),
    snapshot(incident),
    factList(facts),
    h("a", { href: `/camera/${encodeURIComponent(incident.camera_id)}`, class: "button" }, t("openCamera")),
  );
}

function reason(incident: Incident): Child {
  const begins = introduction(incident);
  const words = h("span", { lang: "en", class: begins ? "hint" : null }, incident.reason);
  return begins ? h("span", {}, begins, " ", words) : words;
}

function stateTag({ end_at }: Incident): HTMLElement {
  const open = end_at === null;
  const icon = svg("svg", { viewBox: "0 0 14 14", class: "state-icon", "aria-hidden": "true" });
  icon.append(open ? svg("path", { d: "M7 1 13.500 12.500H.500Z" }) : svg("path", { d: "M2 7.500 5.500 11 12 3.500", class: "check" }));
  return h("span", { class: `state ${open ? "open" : "over"}` }, icon, t(open ? "incidentOpen" : "incidentOver"));
}

function snapshot({ snapshot: address, camera_name: camera }: Incident): HTMLElement {
  const missing = h("p", { class: "hint snapshot-none" }, t("snapshotNone"));
  if (address === null) return missing;
  const picture = h("img", { src: address, alt: t("snapshotAlt", { camera }) });
  const link = h("a", { href: address, target: "_blank", rel: "noopener", class: "snapshot", download: false }, picture);
  picture.addEventListener("error", () => link.replaceWith(missing));
  return link;
}

/** A `geo:` link opens the map of the officer's own phone. */
function coordinates({ position }: Incident): Child {
  if (position === null) return t("noValue");
  const text = `${position.lat.toFixed(5)}, ${position.lon.toFixed(5)}`;
  return h("a", { href: `geo:${position.lat},${position.lon}` }, text);
}
