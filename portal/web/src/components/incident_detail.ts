/** Detail of an incident: evidence, handling, traffic now, nearest cameras, and log. */

import "./incident_detail.css";

import { apiUrl } from "../api/client";
import type { CameraState, Incident, Position } from "../api/schema";
import { serverNow } from "../api/server_clock";
import type { AppContext } from "../app_context";
import { type Child, fill, h } from "../dom";
import { incidentSummary } from "../explanations";
import { duration, number, percent } from "../format";
import { label, t } from "../i18n";
import { distanceM } from "../nearby";
import { siteAddress } from "../site_root";
import { factList, zoneLevels, zoneName } from "./camera_facts";
import { CardPicture } from "./card_picture";
import { IncidentHandlingPanel } from "./incident_handling";
import { IncidentLogView } from "./incident_log";
import { placeOf, stateTag } from "./incident_view";
import { levelBadge } from "./level_badge";

/** Cameras that are shown as the nearest, beside that of the incident. [assumption: one row on a desktop] */
const NEAREST = 4;

export class IncidentDetail {
  readonly element: HTMLElement;
  private readonly head = h("div", { class: "incident-head" });
  private readonly facts = h("div");
  private readonly impact = h("section");
  private readonly nearest = h("section");
  private readonly panel: IncidentHandlingPanel;
  private readonly log: IncidentLogView;
  private pictures: { camera: string; picture: CardPicture; badge: HTMLElement }[] = [];
  private shown = "";

  /** others, changed: as of IncidentHandlingPanel. */
  constructor(
    private readonly app: AppContext,
    private incident: Incident,
    others: () => readonly Incident[],
    changed: (incident: Incident) => void,
  ) {
    this.panel = new IncidentHandlingPanel(incident, app, others, changed);
    this.log = new IncidentLogView(app);
    this.element = h(
      "article",
      { class: "card incident-card", "data-detail": incident.id },
      this.head,
      this.panel.element,
      this.facts,
      this.impact,
      this.nearest,
      this.log.element,
    );
    this.showNearest();
    this.update(incident);
  }

  update(incident: Incident): void {
    this.incident = incident;
    const content = JSON.stringify({ ...incident, handling: null });
    if (content !== this.shown) {
      this.shown = content;
      const title = h("div", { class: "page-head" }, h("h2", {}, label(incident.type)), stateTag(incident));
      fill(this.head, title, h("p", {}, placeOf(incident)), snapshot(incident));
      fill(this.facts, factList(factsOf(this.app, incident)), evidenceLink(incident), cameraLink(incident));
    }
    this.panel.update(incident);
    void this.log.update(incident);
    this.refresh();
  }

  /** Shows the traffic and the pictures of the cameras as they are now. */
  refresh(): void {
    const { store } = this.app;
    const camera = store.camera(this.incident.camera_id);
    fill(this.impact, h("h3", {}, t("impact")), camera ? zoneLevels(this.app, camera) : h("p", {}, t("zonesNone")));
    for (const { camera: id, picture, badge } of this.pictures) {
      const state = store.camera(id);
      if (!state) continue;
      picture.update(state, store.connection === "lost");
      fill(badge, levelBadge(store.shownLevel(state.level)));
    }
  }

  close(): void {
    for (const { picture } of this.pictures) picture.close();
    this.pictures = [];
  }

  private showNearest(): void {
    const found = nearestCameras(this.app.store.list(), this.incident);
    const tiles = found.map(({ camera, metres }) => {
      const picture = new CardPicture(camera.name);
      const badge = h("span");
      this.pictures.push({ camera: camera.id, picture, badge });
      const address = siteAddress(`/camera/${encodeURIComponent(camera.id)}`);
      const away = t("metersFromIncident", { n: number(Math.round(metres)) });
      const text = h("span", {}, h("strong", {}, camera.name), h("span", { class: "hint" }, away), badge);
      const link = h("a", { href: address, class: "nearest-camera", "data-camera": camera.id }, picture.element, text);
      return h("li", {}, link);
    });
    const list = tiles.length ? h("ul", { class: "nearest-cameras" }, ...tiles) : h("p", {}, t("nearestNone"));
    fill(this.nearest, h("h3", {}, t("nearestCameras")), list);
  }
}

/** Other cameras by their distance from the incident. */
export function nearestCameras(
  cameras: readonly CameraState[],
  incident: Pick<Incident, "camera_id" | "position">,
): { camera: CameraState; metres: number }[] {
  const { position } = incident;
  if (position === null) return [];
  return cameras
    .filter(({ id }) => id !== incident.camera_id)
    .flatMap((camera) => {
      const at: Position | null = camera.position ?? camera.site?.position ?? null;
      return at === null ? [] : [{ camera, metres: distanceM(position, at) }];
    })
    .sort((a, b) => a.metres - b.metres)
    .slice(0, NEAREST);
}

function factsOf(app: AppContext, incident: Incident): [string, Child][] {
  const { time } = app;
  const end = incident.end_at;
  const lasted = (end === null ? serverNow() : Date.parse(end)) - Date.parse(incident.start_at);
  return [
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
}

function evidenceLink({ id, evidence_sheet: sheet }: Incident): HTMLElement | null {
  if (sheet === null) return null;
  const address = apiUrl("/api/incidents/{incident_id}/evidence.html", { path: { incident_id: id } });
  return h("a", { href: address, target: "_blank", rel: "noopener", class: "button" }, t("evidencePackage"));
}

function cameraLink({ camera_id }: Incident): HTMLElement {
  const address = siteAddress(`/camera/${encodeURIComponent(camera_id)}`);
  return h("a", { href: address, class: "button secondary" }, t("openCamera"));
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

/** A `geo:` link, which opens the map application of a phone. */
function coordinates({ position }: Incident): Child {
  if (position === null) return t("noValue");
  const text = `${position.lat.toFixed(5)}, ${position.lon.toFixed(5)}`;
  return h("a", { href: `geo:${position.lat},${position.lon}` }, text);
}
