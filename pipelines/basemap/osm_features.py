"""Roads, water, green areas and places of an OpenStreetMap extract, in the layers of the Protomaps basemap schema.

The schema (version 4, docs.protomaps.com/basemaps/layers) is that of the files which Protomaps publishes, so that the
portal draws those, too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import osmium
import shapely
from shapely.geometry.base import BaseGeometry

from pipelines.errors import UserError

Box = tuple[float, float, float, float]
"""West, south, east and north in degrees."""

_ROADS = {
    "motorway": ("highway", 6),
    "trunk": ("major_road", 7),
    "primary": ("major_road", 8),
    "secondary": ("major_road", 10),
    "tertiary": ("major_road", 11),
    "unclassified": ("minor_road", 13),
    "residential": ("minor_road", 13),
    "living_street": ("minor_road", 13),
    "service": ("minor_road", 14),
}
"""Kind and lowest zoom by the tag `highway`; links are like their roads. [source: Protomaps; zooms are assumptions]"""

_WATERWAYS = {"river": 9, "canal": 11, "stream": 13}
"""Lowest zoom by the tag `waterway`. [assumption]"""

_WATER = {
    "natural": {"water"},
    "waterway": {"riverbank", "dock"},
    "landuse": {"reservoir", "basin"},
}
"""Tags of water areas. [source: OpenStreetMap Map Features]"""

_GREEN = {
    "leisure": {"park", "garden", "golf_course", "nature_reserve", "pitch"},
    "landuse": {"forest", "grass", "cemetery", "recreation_ground", "meadow", "village_green"},
    "natural": {"wood", "scrub", "wetland", "grassland"},
}
"""Tags of green areas. [source: OpenStreetMap Map Features]"""

_PLACES = {
    "city": 6,
    "town": 8,
    "island": 9,
    "suburb": 11,
    "village": 11,
    "islet": 13,
    "quarter": 13,
    "neighbourhood": 13,
    "hamlet": 13,
}
"""Lowest zoom by the tag `place`. [assumption]"""

WATER_AREA_ZOOM, GREEN_ZOOM, RAIL_ZOOM, LINK_ZOOM = 7, 10, 11, 11
"""Lowest zooms of areas, railways, and links of roads. [assumption]"""

_KEYS = ("highway", "railway", "waterway", "natural", "landuse", "leisure", "place")
"""Keys of the objects that are read."""


@dataclass(frozen=True, slots=True)
class MapFeature:
    """A feature of the map. geometry: degrees, longitude first. min_zoom: lowest zoom at which it is drawn."""

    layer: str
    kind: str
    min_zoom: int
    geometry: BaseGeometry
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Extract:
    """Content of an extract. coast: ways of the coastline, with land on their left. box: None if it states none."""

    features: list[MapFeature]
    coast: list[BaseGeometry]
    box: Box | None


def read_extract(path: Path, check_size: Callable[[Box], None]) -> Extract:
    """Read an extract in PBF, or in any other format of OpenStreetMap. Raises UserError for a file that is none.

    check_size: receives the box that the file states before its content is read, and may raise UserError.
    """
    features: list[MapFeature] = []
    coast: list[BaseGeometry] = []
    try:
        box = _stated_box(path)
        if box is not None:
            check_size(box)
        processor = osmium.FileProcessor(str(path)).with_areas().with_filter(osmium.filter.KeyFilter(*_KEYS))
        for item in cast(Iterator[Any], iter(processor)):
            if item.is_way() and item.tags.get("natural") == "coastline":
                coast += _geometry(item)
            features += _features(item)
    except (RuntimeError, OSError) as error:
        raise UserError(f"{path}: no OpenStreetMap extract ({error}); give a file that ends in .osm.pbf") from error
    return Extract(features, coast, box)


def _stated_box(path: Path) -> Box | None:
    """The box in the header of an extract; None where it states none."""
    with osmium.io.Reader(str(path), osmium.osm.osm_entity_bits.NOTHING) as reader:
        box = reader.header().box()
    return (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat) if box.valid() else None


def _features(item: Any) -> Iterator[MapFeature]:
    """The feature of a node, way or area; none for objects that are not drawn."""
    described = _described(item, item.tags)
    if described is not None:
        layer, kind, min_zoom = described
        name = item.tags.get("name")
        for geometry in _geometry(item):
            yield MapFeature(layer, kind, min_zoom, geometry, name)


def _described(item: Any, tags: Any) -> tuple[str, str, int] | None:
    """Layer, kind and lowest zoom of an object."""
    if item.is_node():
        place = tags.get("place")
        return ("places", place, _PLACES[place]) if "name" in tags and place in _PLACES else None
    if item.is_area():
        return _area(tags)
    return _line(tags) if item.is_way() and tags.get("area") != "yes" else None


def _area(tags: Any) -> tuple[str, str, int] | None:
    if any(tags.get(key) in values for key, values in _WATER.items()):
        return "water", "water", WATER_AREA_ZOOM
    if any(tags.get(key) in values for key, values in _GREEN.items()):
        return "landuse", "park", GREEN_ZOOM
    return None


def _line(tags: Any) -> tuple[str, str, int] | None:
    highway, waterway = tags.get("highway", ""), tags.get("waterway")
    if (road := _ROADS.get(highway.removesuffix("_link"))) is not None:
        kind, min_zoom = road
        return "roads", kind, max(min_zoom, LINK_ZOOM) if highway.endswith("_link") else min_zoom
    if tags.get("railway") in ("rail", "light_rail"):
        return "roads", "rail", RAIL_ZOOM
    return ("water", "river", _WATERWAYS[waterway]) if waterway in _WATERWAYS else None


def _geometry(item: Any) -> list[BaseGeometry]:
    """The geometry of an object; empty where nodes of it are outside the extract, or it is no valid area."""
    factory = osmium.geom.WKBFactory()
    try:
        if item.is_node():
            return [shapely.from_wkb(factory.create_point(item))]
        if item.is_way():
            return [shapely.from_wkb(factory.create_linestring(item))]
        return [shapely.from_wkb(factory.create_multipolygon(item))]
    except (RuntimeError, osmium.InvalidLocationError):
        return []
