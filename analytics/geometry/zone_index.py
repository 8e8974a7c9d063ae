"""Membership of points in the zones of a camera, and the zones' legal directions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.camera import Zone
from analytics.geometry.homography import Homography


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
        u, v = points[..., 0], points[..., 1]
        straddles = (self._start[..., 1] > v) != (self._end[..., 1] > v)
        left_of = u < self._start[..., 0] + (v - self._start[..., 1]) * self._slant
        return np.asarray(np.count_nonzero(straddles & left_of, axis=2) % 2 == 1)


def road_directions(zones: tuple[Zone, ...], homography: Homography | None) -> NDArray[np.float64]:
    """Return unit vectors (Z, 2) of legal travel: on the ground with a homography, otherwise in the image.

    nan for a zone without a direction.
    """
    directions = np.full((len(zones), 2), np.nan)
    for k, zone in enumerate(zones):
        if zone.direction is not None:
            directions[k] = _unit(_on_ground(zone, np.asarray(zone.direction), homography))
    return directions


def _on_ground(zone: Zone, direction: NDArray[np.float64], homography: Homography | None) -> NDArray[np.float64]:
    if homography is None:
        return direction
    centre = np.mean(zone.polygon, axis=0)
    tail, head = homography.to_ground([centre - _unit(direction), centre + _unit(direction)])
    return np.asarray(head - tail)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))
