"""Vector tiles (Mapbox Vector Tile 2.1, Web Mercator) of map features."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import mapbox_vector_tile
import numpy as np
import shapely
from numpy.typing import NDArray
from pmtiles.tile import zxy_to_tileid
from shapely.geometry.base import BaseGeometry

from pipelines.basemap.osm_features import Box, MapFeature
from pipelines.errors import UserError

MIN_ZOOM, MAX_ZOOM = 6, 14
"""Zooms of the tiles; maps magnify the last. [source: Protomaps publishes up to 15; 14 is half as large]"""
EXTENT = 4096
"""Units of the side of a tile. [source: Mapbox Vector Tile 2.1, its default]"""
_BUFFER = 64
"""Units beyond the side, so that lines have no gap between tiles. [assumption: wider than any drawn line]"""
_TOLERANCE = 4
"""Units by which a line may move when it is simplified: a quarter of a pixel of 256. [assumption]"""
_MIN_AREA = 24**2
"""Square units of the smallest area that is kept: 1.5 by 1.5 pixels. [assumption]"""
MAX_TILES = 60_000
"""Most tiles at the highest zoom: an area of 600 by 600 km. [assumption: half an hour of work]"""

_AREAS, _LINES, _POINTS = ({3, 6}, {1, 5}, {0, 4})
"""Shapely's ids of simple and multiple geometries, by dimension."""


def mercator(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Degrees to Web Mercator, as shares of the world: x to the east, y to the south."""

    def project(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        x = degrees[:, 0] / 360 + 0.5
        y = 0.5 - np.arcsinh(np.tan(np.radians(degrees[:, 1]))) / (2 * np.pi)
        return np.column_stack([x, y])

    return np.asarray(shapely.transform(geometries, project))


def check_size(box: Box) -> None:
    """Raise UserError for a box of more than `MAX_TILES` tiles."""
    columns, rows = _span(_frame(box), MAX_ZOOM)
    if (count := len(columns) * len(rows)) > MAX_TILES:
        raise UserError(f"the extract covers {count} tiles, more than {MAX_TILES}; cut the city out of it first")


def cut_tiles(features: Sequence[MapFeature], box: Box) -> Iterator[tuple[int, bytes]]:
    """Id and content of every tile within `box` that has content, in the order of their ids."""
    frame = _frame(box)
    shapes = mercator(np.array([feature.geometry for feature in features], dtype=object))
    shapes = shapely.clip_by_rect(shapely.make_valid(shapes), *frame)
    for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
        drawn = [n for n, feature in enumerate(features) if feature.min_zoom <= zoom]
        yield from _cut_zoom([features[n] for n in drawn], shapes[drawn], frame, zoom)


def _cut_zoom(
    features: Sequence[MapFeature], shapes: NDArray[np.object_], frame: Box, zoom: int
) -> Iterator[tuple[int, bytes]]:
    side = 1 / 2**zoom
    unit = side / EXTENT
    simple = shapely.simplify(shapes, _TOLERANCE * unit)
    tree = shapely.STRtree(simple)
    columns, rows = _span(frame, zoom)
    for tile_id, x, y in sorted((zxy_to_tileid(zoom, x, y), x, y) for x in columns for y in rows):
        beyond = _BUFFER * unit
        edge = (x * side - beyond, y * side - beyond, (x + 1) * side + beyond, (y + 1) * side + beyond)
        found = np.sort(tree.query(shapely.box(*edge)))
        origin = np.array([x, y]) * side
        cut = shapely.transform(shapely.clip_by_rect(simple[found], *edge), lambda at, o=origin: (at - o) / unit)
        content = _encoded([features[n] for n in found], cut)
        if content:
            yield tile_id, content


def _frame(box: Box) -> Box:
    """A box in degrees as shares of the world: west, north, east and south."""
    west, north, east, south = mercator(np.array([shapely.box(*box)], dtype=object))[0].bounds
    return west, north, east, south


def _span(frame: Box, zoom: int) -> tuple[range, range]:
    """Columns and rows of the tiles that the box, in shares of the world, touches."""
    last = 2**zoom - 1
    west, north, east, south = (min(last, max(0, int(edge * 2**zoom))) for edge in frame)
    return range(west, east + 1), range(north, south + 1)


def _encoded(features: Sequence[MapFeature], shapes: NDArray[np.object_]) -> bytes:
    layers: dict[str, list[dict[str, object]]] = defaultdict(list)
    for feature, shape in zip(features, shapes, strict=True):
        dimension = _AREAS if feature.geometry.geom_type.endswith("Polygon") else None
        kept = _of_dimension(shape, dimension or (_LINES if "Line" in feature.geometry.geom_type else _POINTS))
        if kept is None or (dimension is _AREAS and kept.area < _MIN_AREA):
            continue
        properties: dict[str, object] = {"kind": feature.kind, "min_zoom": feature.min_zoom}
        if feature.name is not None and feature.layer in ("roads", "places"):
            properties["name"] = feature.name
        layers[feature.layer].append({"geometry": kept, "properties": properties})
    if not layers:
        return b""
    named = [{"name": name, "features": layers[name]} for name in sorted(layers)]
    options = {"y_coord_down": True, "extents": EXTENT}
    return bytes(mapbox_vector_tile.encode(named, default_options=options))


def _of_dimension(shape: BaseGeometry, wanted: set[int]) -> BaseGeometry | None:
    """The parts of a clipped shape that have the dimension of the feature; None without any."""
    if shape.is_empty:
        return None
    if shapely.get_type_id(shape) in wanted:
        return shape
    parts = [part for part in shapely.get_parts(shape) if shapely.get_type_id(part) in wanted]
    return shapely.union_all(parts) if parts else None
