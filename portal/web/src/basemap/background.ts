/** Background of the map: land everywhere, and above it the tiles of the city, where it has some. */

import * as L from "leaflet";
import type { City } from "../api/schema";
import { addLand } from "./land_layer";
import type { TileSource } from "./vector_tiles";

/** Highest zoom of vector tiles that are not magnified. [source: OpenMapTiles and Shortbread, 14] */
const VECTOR_ZOOM = 14;

/** Land stays where tiles are missing: beyond their bounds, and while their server does not answer. */
export function addBackground(map: L.Map, { basemap, tiles, tiles_attribution, tiles_are_vector }: City): void {
  addLand(map);
  if (basemap)
    addVector(map, { url: basemap.url, maxDataZoom: basemap.max_zoom, attribution: escaped(basemap.attribution) });
  else if (tiles && tiles_are_vector)
    addVector(map, { url: tiles, maxDataZoom: VECTOR_ZOOM, attribution: tiles_attribution });
  else if (tiles) L.tileLayer(tiles, { attribution: tiles_attribution, maxZoom: map.getMaxZoom() }).addTo(map);
}

function addVector(map: L.Map, source: TileSource): void {
  let open = true;
  map.on("unload", () => {
    open = false;
  });
  // Without the renderer, as after an update of the portal, the land is left.
  import("./vector_tiles")
    .then(({ addVectorTiles }) => (open ? addVectorTiles(map, source) : undefined))
    .catch(() => undefined);
}

/** Text of a file from outside, as HTML. */
function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
