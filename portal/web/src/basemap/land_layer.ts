/** Land and sea below a map without tiles. Files are loaded for the visible part only. */

import "./land_layer.css";

import * as L from "leaflet";
import { getFile } from "../api/client";
import { t } from "../i18n";
import { decodeRings, filesFor, type LandCell } from "./land_cells";

/** Addresses of the files by path. They are generated: see docs/adr/0185-map-without-tiles.md. */
const FILES = import.meta.glob<string>("./land/*.json", { query: "?url", import: "default", eager: true });
const ADDRESSES = new Map(Object.entries(FILES).map(([path, url]) => [path.replace(/^.*\/|\.json$/g, ""), url]));

const PANE = "land";

/** Draws the land, and loads more of it as the map is moved. */
export function addLand(map: L.Map): void {
  const requested = new Set<string>();
  let open = true;
  map.createPane(PANE);
  map.attributionControl.addAttribution(t("landSource"));

  async function add(name: string): Promise<void> {
    requested.add(name);
    try {
      const cell = (await getFile(ADDRESSES.get(name) ?? "")) as LandCell;
      if (!open) return;
      L.polygon(decodeRings(cell), { pane: PANE, className: "land", interactive: false, stroke: false }).addTo(map);
      map.getContainer().classList.add("has-land");
    } catch {
      requested.delete(name); // tried again when the map is moved
    }
  }

  function load(): void {
    const bounds = map.getBounds();
    const view = {
      west: bounds.getWest(),
      south: bounds.getSouth(),
      east: bounds.getEast(),
      north: bounds.getNorth(),
    };
    for (const name of filesFor(view, ADDRESSES.keys())) if (!requested.has(name)) void add(name);
  }

  map.on("moveend", load);
  map.on("unload", () => {
    open = false;
  });
  map.whenReady(load);
}
