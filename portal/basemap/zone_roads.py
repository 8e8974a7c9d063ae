"""Roads of the zones of calibrated cameras, in WGS84."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from analytics.camera import ControlPoint, Position
from analytics.geometry.geodesy import LocalFrame
from analytics.geometry.ground_road import ground_road
from portal.basemap.schemas import Line, ZoneRoad
from portal.cameras.catalogue import CatalogueEntry

DECIMALS = 6
"""Decimals of degrees: 0.1 m. [source: 1e-6 of 40,000 km / 360]"""


def zone_roads(entries: Iterable[CatalogueEntry]) -> Iterator[ZoneRoad]:
    """The road of every drawn zone of cameras with control points and an anchor."""
    for entry in entries:
        geometry = entry.geometry
        if geometry.anchor is None or not geometry.control_points:
            continue
        frame = LocalFrame(Position(lat=geometry.anchor.lat, lon=geometry.anchor.lon))
        points = [ControlPoint(pixel=point.pixel, ground=point.ground) for point in geometry.control_points]
        for zone in geometry.zones:
            try:
                road = ground_road(points, zone.polygon, zone.direction)
                if road is None:
                    continue
                yield ZoneRoad(
                    camera_id=entry.id,
                    zone=zone.id,
                    outline=_line(frame, road.outline),
                    centre=_line(frame, road.centre),
                    width_m=round(road.width_m, 1),
                    is_directed=road.is_directed,
                )
            except ValueError:  # points on one line, or metres of another frame, which lie beyond a pole
                continue


def _line(frame: LocalFrame, ground: NDArray[np.float64]) -> Line:
    return tuple((round(at.lat, DECIMALS), round(at.lon, DECIMALS)) for at in frame.to_wgs84(ground))
