/** Cameras on a Leaflet map, above the roads that their zones observe. */

import "leaflet/dist/leaflet.css";
import "./camera_map.css";

import * as L from "leaflet";
import type { Position } from "../api/schema";
import type { AppContext } from "../app_context";
import { addBackground } from "../basemap/background";
import { RoadLayer, roadLegend } from "../basemap/road_layer";
import { h } from "../dom";
import { statusMessage } from "../explanations";
import { t } from "../i18n";
import { bySeverity, type Cluster, clusterBySite, type Knowledge, knowledgeOf, mergeNearby } from "../marker_clusters";
import { siteAddress } from "../site_root";
import { levelBadge, levelIcon, levelName } from "./level_badge";

/** Size of a pin with its name (pixels). Closer pins would overlap and are merged. */
const PIN_EXTENT = { x: 124, y: 54 };
/** Size of a pin on a phone, without its name (pixels). */
const PHONE_PIN_EXTENT = { x: 116, y: 34 };
/** Width of the map (pixels) below which the style sheet hides the names. */
const PHONE_WIDTH = 480;
/** Box of a pin with its longest name (pixels). */
const ICON_SIZE: L.PointTuple = [160, 56];
/** Pixel of the icon that is placed on the position. */
const ICON_ANCHOR: L.PointTuple = [80, 36];
/** Room for half a pin around the outermost cameras (pixels). */
const FIT_PADDING: L.PointTuple = [88, 36];
/** Highest zoom of tile servers [assumption]. At this zoom pins are never merged. */
const MAX_ZOOM = 19;
/** Highest zoom at which the page opens: a junction with its arms. [assumption] */
const MAX_INITIAL_ZOOM = 16;

export class CameraMap {
  readonly element: HTMLElement;
  private readonly map: L.Map;
  private readonly roads: RoadLayer;
  private readonly markers = new Map<string, L.Marker>();
  private fitted = false;

  constructor(private readonly app: AppContext) {
    this.element = h("div", { class: "camera-map", role: "region", "aria-label": t("mapLabel") });
    this.map = createMap(this.element, app);
    this.roads = new RoadLayer(this.map, app);
    this.map.on("zoomend", () => this.render());
    this.map.on("popupopen", ({ popup }) => labelCloseButton(popup));
    this.map.on("resize", ({ oldSize, newSize }) => oldSize.x !== newSize.x && this.shown());
  }

  /** Fits the map to its cameras: once the element is in the document, and after the width has changed. */
  shown(): void {
    this.map.invalidateSize();
    this.fitted = false;
    this.render();
  }

  close(): void {
    this.map.remove();
  }

  render(): void {
    const { store } = this.app;
    const sites = clusterBySite(bySeverity(store.list(), (level) => store.shownLevel(level)));
    this.fit(sites);
    const toPixel = (position: Position): L.Point => this.map.project([position.lat, position.lon]);
    const extent = this.map.getSize().x < PHONE_WIDTH ? PHONE_PIN_EXTENT : PIN_EXTENT;
    const clusters = this.map.getZoom() >= MAX_ZOOM ? sites : mergeNearby(byKey(sites), toPixel, extent);
    const keys = new Set(clusters.map((cluster) => cluster.key));
    for (const [key, marker] of this.markers) {
      if (keys.has(key)) continue;
      marker.remove();
      this.markers.delete(key);
    }
    for (const cluster of clusters) this.draw(cluster);
    this.roads.render();
  }

  private fit(clusters: readonly Cluster[]): void {
    if (this.fitted || clusters.length === 0) return;
    this.fitted = true;
    const corners = clusters.map(({ position }) => L.latLng(position.lat, position.lon));
    this.map.fitBounds(L.latLngBounds(corners), { padding: FIT_PADDING, maxZoom: MAX_INITIAL_ZOOM, animate: false });
  }

  /** Draws a cluster, unless it is drawn in the same state already. */
  private draw(cluster: Cluster): void {
    const { store } = this.app;
    const { key, cameras } = cluster;
    const knowledge = knowledgeOf(cameras, (each) => store.shownLevel(each));
    const label = labelOf(cluster, knowledge);
    const shown = cameras.map((camera) => [camera.id, store.shownLevel(camera.level), statusMessage(camera)]);
    const state = JSON.stringify([label, shown]);
    if (this.markers.get(key)?.getElement()?.dataset.state === state) return;

    const html = pin(cluster, knowledge);
    const icon = L.divIcon({ className: "map-pin", iconSize: ICON_SIZE, iconAnchor: ICON_ANCHOR, html });
    const marker = this.place(cluster, icon);
    const element = marker.getElement();
    if (element) {
      element.dataset.state = state;
      element.setAttribute("role", "button");
      element.setAttribute("aria-label", label);
    }
    const content = this.popup(cluster);
    if (marker.getPopup()) marker.setPopupContent(content);
    else marker.bindPopup(content, { offset: [0, -26], minWidth: 220, maxWidth: 280, autoPanPadding: [16, 16] });
  }

  /** The marker of a cluster with a new icon, on the map. */
  private place({ key, position }: Cluster, icon: L.DivIcon): L.Marker {
    const existing = this.markers.get(key);
    if (existing) return existing.setIcon(icon);
    const marker = L.marker([position.lat, position.lon], { icon, riseOnHover: true }).addTo(this.map);
    this.markers.set(key, marker);
    return marker;
  }

  private popup(cluster: Cluster): HTMLElement {
    const { store } = this.app;
    const rows = bySeverity(cluster.cameras, (level) => store.shownLevel(level)).map((camera) => {
      const href = siteAddress(`/camera/${encodeURIComponent(camera.id)}`);
      const message = statusMessage(camera);
      return h(
        "li",
        {},
        h(
          "span",
          {},
          h("a", { href, title: t("seeVideo") }, camera.name),
          message ? h("p", { class: "hint" }, message) : null,
        ),
        levelBadge(store.shownLevel(camera.level)),
      );
    });
    return h("div", { class: "cluster-popup" }, h("h2", {}, titleOf(cluster)), h("ul", {}, ...rows));
  }
}

/** Leaflet labels the button in English, without an option for it. */
function labelCloseButton(popup: L.Popup): void {
  popup.getElement()?.querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", t("close"));
}

/** Sorted by key, so that the merged clusters do not depend on the levels. */
function byKey(clusters: readonly Cluster[]): Cluster[] {
  return [...clusters].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function titleOf({ name, more }: Cluster): string {
  return more === 0 ? name : `${name} +${more}`;
}

function labelOf(cluster: Cluster, { level, known, unknown }: Knowledge): string {
  const n = cluster.cameras.length;
  const parts = [levelName(level)];
  if (n > 1) parts.push(t("camerasHere", { n }));
  if (known > 0 && unknown > 0) parts.push(t("camerasWithoutData", { n: unknown }));
  return `${titleOf(cluster)}: ${parts.join(", ")}`;
}

/** A badge with its number of cameras of those whose level is known, and beside it the number without data. */
function pin(cluster: Cluster, { level, known, worst, unknown }: Knowledge): HTMLElement {
  const badge = levelBadge(level);
  const mixed = known > 0 && unknown > 0;
  if (cluster.cameras.length > 1)
    badge.append(h("span", { class: "map-pin-count" }, worst < known ? `${worst}/${known}` : worst));
  const missing = mixed
    ? h("span", { class: "level-badge level-unknown map-pin-unknown" }, levelIcon("unknown"), unknown)
    : null;
  const name = h("span", { class: "map-pin-name" }, titleOf(cluster));
  const badges = h("div", { class: `map-pin-badges level-${level}` }, badge, missing);
  return h("div", { class: "map-pin-body", "aria-hidden": "true" }, badges, name);
}

function createMap(element: HTMLElement, { city }: AppContext): L.Map {
  const map = L.map(element, {
    center: [city.centre.lat, city.centre.lon],
    zoom: city.zoom,
    minZoom: 3,
    maxZoom: MAX_ZOOM,
    zoomControl: false,
    zoomSnap: 0.25,
  });
  map.attributionControl.setPrefix(false);
  L.control.zoom({ position: "topright", zoomInTitle: t("zoomIn"), zoomOutTitle: t("zoomOut") }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  const legend = new L.Control({ position: "topleft" });
  legend.onAdd = roadLegend;
  legend.addTo(map);
  addBackground(map, city);
  return map;
}
