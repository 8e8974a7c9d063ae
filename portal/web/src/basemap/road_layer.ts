/** Roads of the zones on the map, coloured and patterned by their levels, above the streets of the city. */

import "./road_layer.css";

import * as L from "leaflet";
import { get } from "../api/client";
import type { Level, RoadMap, Street, ZoneRoad } from "../api/schema";
import type { AppContext } from "../app_context";
import { levelName } from "../components/level_badge";
import { h, svg } from "../dom";
import { t } from "../i18n";
import { LEVELS } from "../levels";
import { lengthened, type ScreenRoad, spread, weightOf } from "./road_shapes";

/** Lowest zoom at which roads are drawn: 19 m a pixel. Below it they are hidden by the pins. [assumption] */
const MIN_ZOOM = 13;
/** Milliseconds until a failed request for the roads is repeated. [assumption] */
const RETRY_MS = 30_000;
/** Width of the dark edge on each side of a road (pixels). */
const EDGE = 2;
const STREET_PANE = "streets";
const ROAD_PANE = "roads";

/** Lines of one road, from bottom to top: dark edge, colour, and marks across it that are closer for a worse level. */
interface DrawnRoad {
  road: ZoneRoad;
  layers: readonly [L.Polyline, L.Polyline, L.Polyline];
}

export class RoadLayer {
  private roads: DrawnRoad[] = [];
  private readonly streets: { width: number; line: L.Polyline }[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private open = true;

  constructor(
    private readonly map: L.Map,
    private readonly app: AppContext,
  ) {
    map.createPane(STREET_PANE);
    map.createPane(ROAD_PANE);
    map.on("zoomend", () => this.place());
    map.on("unload", () => {
      this.open = false;
      clearTimeout(this.timer);
    });
    void this.load();
  }

  /** Colours each road by the level of its zone. */
  render(): void {
    for (const { road, layers } of this.roads) {
      const level = this.levelOf(road);
      for (const layer of layers) showLevel(layer, level);
    }
  }

  private async load(): Promise<void> {
    try {
      const roads = await get("/api/roads");
      if (this.open) this.add(roads);
    } catch {
      if (this.open) this.timer = setTimeout(() => void this.load(), RETRY_MS);
    }
  }

  private add({ zones, streets }: RoadMap): void {
    for (const street of streets) this.addStreet(street);
    const edges = zones.map((road) => this.line(road, "road-edge"));
    const colours = zones.map((road) => this.line(road, "road-colour"));
    const marks = zones.map((road) => this.line(road, "road-marks"));
    this.roads = zones.map((road, n) => ({
      road,
      layers: [edges[n] as L.Polyline, colours[n] as L.Polyline, marks[n] as L.Polyline],
    }));
    this.place();
    this.render();
  }

  private addStreet({ line, width_m: width }: Street): void {
    const drawn = L.polyline(line, { pane: STREET_PANE, className: "street", interactive: false, smoothFactor: 0 });
    this.streets.push({ width, line: drawn.addTo(this.map) });
  }

  private line(road: ZoneRoad, className: string): L.Polyline {
    const options = { pane: ROAD_PANE, className, interactive: false, smoothFactor: 0, lineCap: "butt" } as const;
    const line = L.polyline([], options).addTo(this.map);
    line.getElement()?.setAttribute("data-road", `${road.camera_id} ${road.zone}`);
    return line;
  }

  /** Computes widths and lines for the zoom of the map. */
  private place(): void {
    const zoom = this.map.getZoom();
    const scale = metresPerPixel(this.map);
    for (const { width, line } of this.streets) line.setStyle({ weight: Math.max(2, width / scale) });
    const pane = this.map.getPane(ROAD_PANE);
    if (pane) pane.hidden = zoom < MIN_ZOOM;
    if (zoom < MIN_ZOOM) return;
    const byCamera = new Map<string, DrawnRoad[]>();
    for (const drawn of this.roads) {
      const id = drawn.road.camera_id;
      byCamera.set(id, [...(byCamera.get(id) ?? []), drawn]);
    }
    for (const drawn of byCamera.values()) this.placeCamera(drawn, scale);
  }

  private placeCamera(drawn: readonly DrawnRoad[], scale: number): void {
    const shapes = drawn.map(({ road }) => this.shape(road, scale));
    spread(shapes).forEach((line, n) => {
      const { layers } = drawn[n] as DrawnRoad;
      const { weight } = shapes[n] as ScreenRoad;
      const positions = line.map(({ x, y }) => this.map.unproject([x, y]));
      const weights = [weight + 2 * EDGE, weight, weight];
      layers.forEach((layer, k) => {
        layer.setLatLngs(positions).setStyle({ weight: weights[k] as number });
      });
    });
  }

  private shape(road: ZoneRoad, scale: number): ScreenRoad {
    const toPixel = (at: readonly [number, number]): L.Point => this.map.project([...at]);
    const [corner] = road.outline;
    if (road.centre.length === 0)
      return { line: [...road.outline, ...(corner ? [corner] : [])].map(toPixel), weight: weightOf(0, scale) };
    const camera = this.app.store.camera(road.camera_id);
    const position = camera?.site?.position ?? camera?.position;
    const line = road.centre.map(toPixel);
    const from = position ? this.map.project([position.lat, position.lon]) : (line[0] as L.Point);
    return { line: lengthened(line, from), weight: weightOf(road.width_m, scale) };
  }

  private levelOf({ camera_id, zone }: ZoneRoad): Level {
    const { store } = this.app;
    const level = store.camera(camera_id)?.zones.find(({ id }) => id === zone)?.level;
    return store.shownLevel(level ?? "unknown");
  }
}

/** Legend of the roads, closed on a phone. */
export function roadLegend(): HTMLElement {
  const isWide = window.matchMedia("(min-width: 800px)").matches;
  const rows = LEVELS.map((level) => h("li", {}, sample(level), levelName(level)));
  return h("details", { class: "road-legend", open: isWide }, h("summary", {}, t("legend")), h("ul", {}, ...rows));
}

function sample(level: Level): SVGElement {
  const picture = svg("svg", { viewBox: "0 0 36 12", class: "road-sample", "aria-hidden": "true" });
  for (const [kind, width] of [
    ["road-edge", 11],
    ["road-colour", 7],
    ["road-marks", 7],
  ] as const)
    picture.append(svg("path", { d: "M0 6H36", class: `${kind} level-${level}`, "stroke-width": width }));
  return picture;
}

function showLevel(layer: L.Polyline, level: Level): void {
  const element = layer.getElement();
  if (!element || element.getAttribute("data-level") === level) return;
  for (const other of LEVELS) element.classList.toggle(`level-${other}`, other === level);
  element.setAttribute("data-level", level);
}

/** Metres of a pixel in the middle of the map, over a hundred pixels. */
function metresPerPixel(map: L.Map): number {
  const middle = map.getCenter();
  const { x, y } = map.project(middle);
  return middle.distanceTo(map.unproject([x + 100, y])) / 100;
}
