/** Vector tiles below the roads of the zones, in the colours of the page. Loaded only where the city has some. */

import * as L from "leaflet";
import type { Feature, LabelRule, PaintRule } from "protomaps-leaflet";

export interface TileSource {
  /** Address of a PMTiles file, or of tiles with {z}, {x} and {y}. */
  url: string;
  maxDataZoom: number;
  attribution: string;
}

/** Width of a road (pixels) at zoom 12 by its kind; it grows by half with each zoom. [assumption] */
const ROAD_WIDTHS: Readonly<Record<string, number>> = { highway: 3, major_road: 2, minor_road: 0.6, rail: 0.5 };
/** Names of the layers in the schemas of Protomaps, OpenMapTiles and Shortbread. */
const LAYERS = {
  land: ["earth"],
  green: ["landuse", "landcover", "park", "land"],
  water: ["water", "ocean", "water_polygons"],
  rivers: ["waterway", "water_lines"],
  roads: ["roads", "transportation", "streets"],
  names: ["places", "place", "place_labels"],
} as const;
const GREEN = /park|forest|wood|grass|garden|golf|nature|cemetery|wetland|scrub|meadow|recreation|pitch/;
const MOTORWAY = /^(highway|motorway)$/;
const MAJOR = /^(major_road|trunk|primary|secondary|tertiary)$/;
const RAIL = /^(rail|transit)$/;

/** Adds the tiles to a map. */
export async function addVectorTiles(map: L.Map, source: TileSource): Promise<void> {
  // The library expects Leaflet under this global name.
  Object.assign(window, { L });
  const library = await import("protomaps-leaflet");
  const rules = (): Rules => {
    const colours = coloursOf(map.getContainer());
    return { paintRules: paintRules(library, colours), labelRules: labelRules(library, colours) };
  };
  const options = { ...source, ...rules(), maxZoom: map.getMaxZoom(), noWrap: true };
  const layer = library.leafletLayer(options) as unknown as VectorLayer;
  layer.addTo(map);
  const themes = new MutationObserver(() => {
    Object.assign(layer, rules());
    layer.clearLayout();
    layer.rerenderTiles();
  });
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  map.on("unload", () => themes.disconnect());
}

interface Rules {
  paintRules: PaintRule[];
  labelRules: LabelRule[];
}

/** The layer of the library, whose types do not have it. */
interface VectorLayer extends L.Layer, Rules {
  clearLayout(): void;
  rerenderTiles(): void;
}

interface Colours {
  sea: string;
  land: string;
  green: string;
  street: string;
  ink: string;
  halo: string;
}

function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    sea: colour("--sea"),
    land: colour("--land"),
    green: colour("--green"),
    street: colour("--street"),
    ink: colour("--muted"),
    halo: colour("--land"),
  };
}

type Library = typeof import("protomaps-leaflet");

/** Kind of a feature in any of the schemas. */
function kindOf({ props }: Pick<Feature, "props">): string {
  return String(props.kind ?? props.class ?? props["pmap:kind"] ?? "");
}

export function roadWidth(zoom: number, feature: Pick<Feature, "props">): number {
  const kind = kindOf(feature);
  const known = MOTORWAY.test(kind) ? "highway" : MAJOR.test(kind) ? "major_road" : RAIL.test(kind) ? "rail" : kind;
  return (ROAD_WIDTHS[known] ?? ROAD_WIDTHS.minor_road ?? 1) * 1.5 ** (zoom - 12);
}

function paintRules({ LineSymbolizer, PolygonSymbolizer }: Library, colours: Colours): PaintRule[] {
  const fill = (layers: readonly string[], colour: string, filter?: PaintRule["filter"]): PaintRule[] =>
    layers.map((dataLayer) => ({
      dataLayer,
      symbolizer: new PolygonSymbolizer({ fill: colour }),
      filter: (zoom, feature) => feature.geomType === 3 && (filter?.(zoom, feature) ?? true),
    }));
  const line = (layers: readonly string[], color: string, width: (z: number, f?: Feature) => number): PaintRule[] =>
    layers.map((dataLayer) => ({
      dataLayer,
      symbolizer: new LineSymbolizer({ color, width, lineCap: "round", lineJoin: "round" }),
      filter: (_zoom, feature) => feature.geomType === 2,
    }));
  return [
    ...fill(LAYERS.land, colours.land),
    ...fill(LAYERS.green, colours.green, (_zoom, feature) => GREEN.test(kindOf(feature))),
    ...fill(LAYERS.water, colours.sea),
    ...line([...LAYERS.water, ...LAYERS.rivers], colours.sea, (zoom) => Math.max(1, 1.4 ** (zoom - 12))),
    ...line(LAYERS.roads, colours.street, (zoom, feature) => (feature ? roadWidth(zoom, feature) : 1)),
  ];
}

function labelRules({ CenteredTextSymbolizer, LineLabelSymbolizer }: Library, colours: Colours): LabelRule[] {
  const text = { labelProps: ["name:id", "name"], fill: colours.ink, stroke: colours.halo, width: 2 };
  return [
    ...LAYERS.names.map((dataLayer) => ({
      dataLayer,
      symbolizer: new CenteredTextSymbolizer({ ...text, font: "600 12px sans-serif" }),
    })),
    ...LAYERS.roads.map((dataLayer) => ({
      dataLayer,
      minzoom: 14,
      symbolizer: new LineLabelSymbolizer({ ...text, font: "500 11px sans-serif" }),
    })),
  ];
}
