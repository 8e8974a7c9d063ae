/** Cameras on a Leaflet map. Without a tile server the ground is a plain grid, drawn by the style sheet. */

import "leaflet/dist/leaflet.css";
import "./camera_map.css";

import * as L from "leaflet";
import type { Position } from "../api/client";
import type { App } from "../app_context";
import { h } from "../dom";
import { bySeverity, joinNear, levelOf, type Place, placesOf } from "../marker_clusters";
import { t } from "../i18n";
import { badge, levelName } from "../levels";
import { whyDown } from "../explanations";

/** Size of a badge on the screen, and so the distance at which two of them would overlap. On a phone the style sheet
 * leaves the name of the place out.
 */
const REACH = { x: 104, y: 54 };
const PHONE_REACH = { x: 84, y: 34 };
const PHONE_WIDTH = 480;
const PIN_SIZE: L.PointTuple = [160, 56];
const PIN_POINT: L.PointTuple = [80, 36];
const CLOSEST_ZOOM = 19;
const FIT_ZOOM = 16;

export class CameraMap {
  readonly element: HTMLElement;
  private readonly map: L.Map;
  private readonly markers = new Map<string, L.Marker>();
  private fitted = false;

  constructor(private readonly app: App) {
    this.element = h("div", { class: "map", role: "region", "aria-label": t("mapLabel") });
    this.map = createMap(this.element, app);
    this.map.on("zoomend", () => this.render());
    this.map.on("resize", ({ oldSize, newSize }) => oldSize.x !== newSize.x && this.shown());
  }

  /** To be called once the element is in the document, and again when a phone was turned. */
  shown(): void {
    this.map.invalidateSize();
    this.fitted = false;
    this.render();
  }

  close(): void {
    this.map.remove();
  }

  render(): void {
    const { live } = this.app;
    const places = placesOf(bySeverity(live.list(), (level) => live.level(level)));
    this.fit(places);
    const toPixel = (position: Position): L.Point => this.map.project([position.lat, position.lon]);
    const reach = this.map.getSize().x < PHONE_WIDTH ? PHONE_REACH : REACH;
    const apart = this.map.getZoom() >= CLOSEST_ZOOM ? places : joinNear(stable(places), toPixel, reach);
    const keys = new Set(apart.map((place) => place.key));
    for (const [key, marker] of this.markers) {
      if (keys.has(key)) continue;
      marker.remove();
      this.markers.delete(key);
    }
    for (const place of apart) this.draw(place);
  }

  private fit(places: readonly Place[]): void {
    if (this.fitted || places.length === 0) return;
    this.fitted = true;
    const corners = places.map(({ position }) => L.latLng(position.lat, position.lon));
    this.map.fitBounds(L.latLngBounds(corners), { padding: [72, 34], maxZoom: FIT_ZOOM, animate: false });
  }

  private draw(place: Place): void {
    const { live } = this.app;
    const level = levelOf(place.cameras, (each) => live.level(each));
    const many = place.cameras.length > 1;
    const label = `${titleOf(place)}: ${levelName(level)}${many ? `, ${t("camerasHere", { n: place.cameras.length })}` : ""}`;
    const state = JSON.stringify([label, place.cameras.map((camera) => [camera.id, live.level(camera.level), whyDown(camera)])]);
    const held = this.markers.get(place.key);
    if (held?.getElement()?.dataset.state === state) return;

    const icon = L.divIcon({ className: "pin", iconSize: PIN_SIZE, iconAnchor: PIN_POINT, html: pin(place, level, many) });
    const marker = held ?? L.marker([place.position.lat, place.position.lon], { icon, riseOnHover: true });
    if (held) held.setIcon(icon);
    else {
      marker.addTo(this.map);
      this.markers.set(place.key, marker);
    }
    const element = marker.getElement();
    if (element) {
      element.dataset.state = state;
      element.setAttribute("role", "button");
      element.setAttribute("aria-label", label);
    }
    const content = this.popup(place);
    if (marker.getPopup()) marker.setPopupContent(content);
    else marker.bindPopup(content, { offset: [0, -26], minWidth: 220, maxWidth: 280, autoPanPadding: [16, 16] });
  }

  private popup(place: Place): HTMLElement {
    const { live } = this.app;
    const rows = bySeverity(place.cameras, (level) => live.level(level)).map((camera) =>
      h(
        "li",
        {},
        h(
          "span",
          {},
          h("a", { href: `/camera/${encodeURIComponent(camera.id)}`, title: t("seeVideo") }, camera.name),
          whyDown(camera) ? h("p", { class: "hint" }, whyDown(camera)) : null,
        ),
        badge(live.level(camera.level)),
      ),
    );
    return h("div", { class: "place" }, h("h2", {}, titleOf(place)), h("ul", {}, ...rows));
  }
}

/** Groups must not change because a level did: they are formed in the order of the places' keys. */
function stable(places: readonly Place[]): Place[] {
  return [...places].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function titleOf(place: Place): string {
  return place.more === 0 ? place.name : `${place.name} +${place.more}`;
}

function pin(place: Place, level: Parameters<typeof badge>[0], many: boolean): HTMLElement {
  const head = badge(level);
  if (many) head.append(h("span", { class: "pin-count" }, place.cameras.length));
  return h("div", { class: "pin-body", "aria-hidden": "true" }, head, h("span", { class: "pin-name" }, titleOf(place)));
}

function createMap(element: HTMLElement, { city }: App): L.Map {
  const map = L.map(element, {
    center: [city.centre.lat, city.centre.lon],
    zoom: city.zoom,
    minZoom: 3,
    maxZoom: CLOSEST_ZOOM,
    zoomControl: false,
    zoomSnap: 0.5,
  });
  map.attributionControl.setPrefix(false);
  L.control.zoom({ position: "topright", zoomInTitle: t("zoomIn"), zoomOutTitle: t("zoomOut") }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  if (city.tiles) L.tileLayer(city.tiles, { attribution: city.tiles_attribution, maxZoom: CLOSEST_ZOOM }).addTo(map);
  else plainGround().addTo(map);
  return map;
}

function plainGround(): L.GridLayer {
  const ground = new L.GridLayer({ maxZoom: CLOSEST_ZOOM });
  // Leaflet's documented way to make a layer of one's own; its types declare the method as protected.
  Object.assign(ground, { createTile: () => h("div", { class: "plain-tile" }) });
  return ground;
}
