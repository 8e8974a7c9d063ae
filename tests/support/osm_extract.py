"""A small extract of OpenStreetMap: an invented coast, roads, a lake, a park and places near Batam."""

from pathlib import Path
from typing import Any

import osmium
from osmium.osm.mutable import Node, Relation, Way

BOX = (104.00, 1.05, 104.10, 1.15)
"""West, south, east and north of the extract, degrees."""
COAST_LON = 104.06
"""Longitude of the coast: land is to the west of it, sea to the east."""
ISLET = (104.08, 1.10)
"""Middle of an islet in the sea."""
LAKE = (104.0296, 1.0877)
"""Middle of a lake with an island in it, and of a tile of zoom 14."""
ROAD = ((104.01, 1.06), (104.03, 1.10), (104.05, 1.14))
"""Course of a primary road."""
COAST = ((COAST_LON, 1.00), (COAST_LON, 1.10), (COAST_LON, 1.20))
"""Coastline northwards, beyond the box on both sides, with land on its left."""


class ExtractWriter:
    """Numbers the objects of an extract, and writes nodes before ways before relations, as readers expect."""

    def __init__(self, path: Path, *, with_box: bool = True) -> None:
        header = osmium.io.Header()
        if with_box:
            header.add_box(osmium.osm.Box(*BOX))
        self._writer = osmium.SimpleWriter(str(path), header=header, overwrite=True)
        self._nodes: list[Node] = []
        self._ways: list[Way] = []
        self._relations: list[Relation] = []

    def node(self, at: tuple[float, float], /, **tags: str) -> int:
        self._nodes.append(Node(id=len(self._nodes) + 1, location=at, tags=tags))
        return len(self._nodes)

    def way(self, places: Any, *, closed: bool = False, **tags: str) -> int:
        nodes = [self.node(place) for place in places]
        self._ways.append(Way(id=len(self._ways) + 1, nodes=[*nodes, *(nodes[:1] if closed else [])], tags=tags))
        return len(self._ways)

    def multipolygon(self, outer: int, inner: int, **tags: str) -> None:
        members = [("w", outer, "outer"), ("w", inner, "inner")]
        tags["type"] = "multipolygon"
        self._relations.append(Relation(id=len(self._relations) + 1, members=members, tags=tags))

    def close(self) -> None:
        for node in self._nodes:
            self._writer.add_node(node)
        for way in self._ways:
            self._writer.add_way(way)
        for relation in self._relations:
            self._writer.add_relation(relation)
        self._writer.close()


def square(middle: tuple[float, float], half: float) -> list[tuple[float, float]]:
    """Corners counterclockwise, so that a coastline of them has its inside on its left."""
    lon, lat = middle
    return [(lon - half, lat - half), (lon + half, lat - half), (lon + half, lat + half), (lon - half, lat + half)]


def write_extract(path: Path, *, with_box: bool = True, coast: Any = COAST) -> None:
    """Write the extract in the format that the end of `path` names. coast: course of the coastline."""
    extract = ExtractWriter(path, with_box=with_box)
    extract.way(coast, natural="coastline")
    extract.way(square(ISLET, 0.004), closed=True, natural="coastline")
    extract.way(ROAD, highway="primary", name="Jalan Contoh")
    extract.way([(104.01, 1.12), (104.04, 1.12)], highway="residential", name="Jalan Kecil")
    extract.way([(104.00, 1.07), (COAST_LON, 1.07)], waterway="river", name="Sungai")
    extract.way(square((104.04, 1.13), 0.003), closed=True, leisure="park", name="Taman")
    outer = extract.way(square(LAKE, 0.006), closed=True)
    inner = extract.way(square(LAKE, 0.002), closed=True)
    extract.multipolygon(outer, inner, natural="water")
    extract.node((104.03, 1.11), place="city", name="Batam")
    extract.node((104.02, 1.09), place="suburb")
    extract.close()
