"""Membership of points in the zones of a camera, and the zones' legal directions."""

from collections.abc import Sequence
from math import hypot, isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.camera import Zone
from analytics.geometry.homography import Homography

Directions = Sequence[tuple[float, float] | None]
"""Unit vector of legal travel of each zone; None for a zone without direction."""


class ZoneIndex:
    """Point-in-polygon test for many points and all zones at once, by the even-odd rule.

    The edges are prepared once. Polygons with fewer corners than the largest repeat their last corner: an edge without
    length crosses nothing.
    """

    def __init__(self, zones: Sequence[Zone]) -> None:
        corners = max((len(zone.polygon) for zone in zones), default=0)
        padded = [[*zone.polygon, *[zone.polygon[-1]] * (corners - len(zone.polygon))] for zone in zones]
        self._start = np.array(padded, dtype=np.float64).reshape(len(zones), corners, 2)
        self._end = np.roll(self._start, -1, axis=1)
        rise = self._end[..., 1] - self._start[..., 1]
        run = self._end[..., 0] - self._start[..., 0]
        self._slant = np.divide(run, rise, out=np.zeros_like(run), where=rise != 0)

    def membership(self, pixels: ArrayLike) -> NDArray[np.bool_]:
        """Return for (N, 2) points an (N, Z) array: whether each lies in each zone.

        >>> square = Zone(id="z", polygon=((0, 0), (2, 0), (2, 2), (0, 2)))
        >>> ZoneIndex([square]).membership([(1, 1), (5, 1)]).tolist()
        [[True], [False]]
        """
        points = np.asarray(pixels, dtype=np.float64).reshape(-1, 1, 1, 2)
        if not len(self._start):
            return np.zeros((len(points), 0), dtype=np.bool_)
        u, v = points[..., 0], points[..., 1]
        straddles = (self._start[..., 1] > v) != (self._end[..., 1] > v)
        left_of = u < self._start[..., 0] + (v - self._start[..., 1]) * self._slant
        return np.asarray(np.count_nonzero(straddles & left_of, axis=2) % 2 == 1)


def road_directions(zones: Sequence[Zone], homography: Homography | None) -> Directions:
    """Return the unit vector of legal travel of each zone: on the ground with a homography, otherwise in the image.

    None for a zone without a direction, and where its centre is not on the ground.
    """
    return [_road_direction(zone, homography) for zone in zones]


def _road_direction(zone: Zone, homography: Homography | None) -> tuple[float, float] | None:
    image = None if zone.direction is None else _unit(*zone.direction)
    if image is None or homography is None:
        return image
    centre = np.mean(zone.polygon, axis=0)
    ends = np.array([centre - image, centre + image])
    if not homography.is_on_ground(ends).all():
        return None
    (x0, y0), (x, y) = homography.to_ground(ends).tolist()
    return _unit(x - x0, y - y0)


def _unit(x: float, y: float) -> tuple[float, float] | None:
    """Return the vector with length 1; None where it has no length."""
    length = hypot(x, y)
    return (x / length, y / length) if length > 0 and isfinite(length) else None
