"""Generator of portal/web/src/basemap/land: land of Natural Earth in cells that the map loads as it needs them.

Natural Earth (naturalearthdata.com) is in the public domain. The npm package `world-atlas` has it as TopoJSON:
`npm pack world-atlas@2.0.2`, unpack it, then
`python portal/web/codegen/land.py package/land-10m.json package/land-50m.json`.
Needs shapely, as the extra `basemap` does.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

TARGET = Path(__file__).resolve().parents[1] / "src" / "basemap" / "land"
"""Folder of the files."""
CELL_DEG = 8
"""Width and height of a cell, degrees, as in src/basemap/land_cells.ts."""
WEST, SOUTH, EAST, NORTH = 88, -16, 144, 16
"""Cells in detail: Indonesia and its neighbours, degrees."""
DETAIL_SCALE, WORLD_SCALE = 10_000, 100
"""Units a degree: 11 m and 1.1 km."""
OVERLAP_DEG = 0.02
"""Overlap of cells, so that no gap shows between them."""
DETAIL_DEG, WORLD_DEG = 0.0006, 0.04
"""Distances by which the simplified coast may differ, degrees: 70 m, far below the error of the data, and 4 km."""
MIN_AREA, MIN_WORLD_AREA = 2e-6, 0.04
"""Smallest islands, square degrees: 2.5 ha, and 500 square kilometres."""


def main(detail_file: str, world_file: str) -> None:
    """Write all files from the land at 1:10m and at 1:50m."""
    detail, world = read(Path(detail_file)), read(Path(world_file))
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.glob("*.json"):
        old.unlink()
    for west in range(WEST, EAST, CELL_DEG):
        for south in range(SOUTH, NORTH, CELL_DEG):
            cell = shapely.box(west, south, west + CELL_DEG, south + CELL_DEG).buffer(OVERLAP_DEG, join_style="mitre")
            write(f"{west}_{south}", shapely.intersection(detail, cell), DETAIL_SCALE, DETAIL_DEG, MIN_AREA)
    inside = shapely.box(WEST, SOUTH, EAST, NORTH).buffer(-OVERLAP_DEG, join_style="mitre")
    write("world", shapely.difference(world, inside), WORLD_SCALE, WORLD_DEG, MIN_WORLD_AREA)


def read(path: Path) -> BaseGeometry:
    """All land of a TopoJSON file as one geometry in degrees."""
    topology = json.loads(path.read_text())
    scale, origin = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + origin for arc in topology["arcs"]]
    polygons = []
    for geometry in topology["objects"]["land"]["geometries"]:
        for rings in geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]:
            outer, *holes = (ring_of(numbers, arcs) for numbers in rings)
            polygons.append(shapely.Polygon(outer, holes))
    return shapely.union_all(shapely.make_valid(np.array(polygons, dtype=object)))


def ring_of(numbers: list[int], arcs: list[NDArray[Any]]) -> NDArray[Any]:
    """A ring of arcs; the number of an arc that is passed backwards is inverted bitwise."""
    parts = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
    return np.concatenate([part[:-1] for part in parts] + [parts[-1][-1:]])


def write(name: str, land: BaseGeometry, scale: int, tolerance: float, min_area: float) -> None:
    """Write one file: rings as differences of whole numbers."""
    parts = [part for part in shapely.get_parts(shapely.simplify(land, tolerance)) if part.geom_type == "Polygon"]
    rings = []
    for part in parts:
        for ring in (part.exterior, *part.interiors):
            points = np.rint(shapely.get_coordinates(ring)[:-1] * scale).astype(int)
            if shapely.Polygon(ring).area >= min_area and len(points) >= 3:
                rings.append(np.diff(points, axis=0, prepend=[[0, 0]]).ravel().tolist())
    content = json.dumps({"scale": scale, "rings": rings}, separators=(",", ":"))
    (TARGET / f"{name}.json").write_text(content + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
