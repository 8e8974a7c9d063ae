"""One PMTiles file of a city from an extract of OpenStreetMap."""

import gzip
import io
from collections.abc import Callable
from contextlib import closing, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely
from pmtiles.tile import Compression, TileType
from pmtiles.writer import Writer

from pipelines.atomic_file import replacing
from pipelines.basemap.coast import land_and_sea
from pipelines.basemap.osm_features import Box, Extract, MapFeature, read_extract
from pipelines.basemap.tile_cutter import MAX_ZOOM, MIN_ZOOM, check_size, cut_tiles
from pipelines.errors import UserError

ATTRIBUTION = "© OpenStreetMap contributors"
"""Shown on every map made of the file. [source: openstreetmap.org/copyright]"""
LAYERS = ("earth", "landuse", "places", "roads", "water")
"""Layers of the tiles. [source: Protomaps basemap schema, version 4]"""


class Basemap(NamedTuple):
    """A basemap that was written. has_whole_coast: whether each coastline parts land and sea."""

    box: Box
    has_whole_coast: bool


def make_basemap(extract: Path, target: Path, on_tile: Callable[[int], None]) -> Basemap:
    """Write the basemap of `extract` to `target`. on_tile: receives the tiles so far.

    Raises UserError for a file that is no extract, is empty, covers more than a region, or states no box and has a
    coastline that ends inside it.
    """
    content = read_extract(extract, check_size)
    box = content.box or _bounds(content, extract)
    check_size(box)
    land, sea, is_cut = land_and_sea(content.coast, box)
    if content.box is None and not is_cut:
        raise UserError(
            f"{extract}: states no box, and its coastline ends inside it, so that land and sea are not known; cut it "
            "again with: osmium extract --set-bounds --bbox WEST,SOUTH,EAST,NORTH"
        )
    ground = [
        MapFeature("earth", "earth", MIN_ZOOM, land),
        MapFeature("water", "ocean", MIN_ZOOM, sea),
    ]
    features = [feature for feature in ground if not feature.geometry.is_empty] + content.features
    with replacing(target) as draft, draft.open("wb") as file:
        writer = Writer(file)
        with closing(writer.tile_f):
            for number, (tile_id, tile) in enumerate(cut_tiles(features, box), start=1):
                writer.write_tile(tile_id, gzip.compress(tile, mtime=0))
                on_tile(number)
            # The library prints its statistics.
            with redirect_stdout(io.StringIO()):
                writer.finalize(_header(box), _metadata())
    return Basemap(box, is_cut)


def _bounds(content: Extract, path: Path) -> Box:
    shapes = [feature.geometry for feature in content.features] + content.coast
    if not shapes:
        raise UserError(f"{path}: has no road, water or place; give the extract of a city")
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    return float(west), float(south), float(east), float(north)


def _header(box: Box) -> dict[str, object]:
    west, south, east, north = (round(edge * 1e7) for edge in box)
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_zoom": MIN_ZOOM,
        "max_zoom": MAX_ZOOM,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": 12,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def _metadata() -> dict[str, object]:
    layers = [{"id": name, "fields": {"kind": "String", "name": "String"}} for name in LAYERS]
    return {"name": "Simpang basemap", "attribution": ATTRIBUTION, "vector_layers": layers}
