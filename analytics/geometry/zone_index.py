"""Where the zones of a camera lie, and which way their roads go."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.camera import Zone
from analytics.geometry.plane import Homography


class ZoneMap:
    """Which zone a point is in, for many points and all zones at once.

    Even-odd rule against the edges of all polygons, prepared once.

    Polygons with fewer corners than the largest repeat their last one: an edge without length crosses nothing.
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
        """(N, 2) points to (N, Z).

        >>> square = Zone(id="z", polygon=((0, 0), (2, 0), (2, 2), (0, 2)))
        >>> ZoneMap([square]).membership([(1, 1), (5, 1)]).tolist()
        [[True], [False]]
        """
        points = np.asarray(pixels, dtype=np.float64).reshape(-1, 1, 1, 2)
        u, v = points[..., 0], points[..., 1]
        straddles = (self._start[..., 1] > v) != (self._end[..., 1] > v)
        left_of = u < self._start[..., 0] + (v - self._start[..., 1]) * self._slant
        return np.asarray(np.count_nonzero(straddles & left_of, axis=2) % 2 == 1)


def road_directions(zones: tuple[Zone, ...], homography: Homography | None) -> NDArray[np.float64]:
    """Unit vectors of legal travel (Z, 2): on the ground with a homography, in the picture without; nan where open."""
    directions = np.full((len(zones), 2), np.nan)
    for k, zone in enumerate(zones):
        if zone.direction is not None:
            directions[k] = _unit(_carried(zone, np.asarray(zone.direction), homography))
    return directions


def _carried(zone: Zone, direction: NDArray[np.float64], homography: Homography | None) -> NDArray[np.float64]:
    if homography is None:
        return direction
    centre = np.mean(zone.polygon, axis=0)
    tail, head = homography.to_ground([centre - _unit(direction), centre + _unit(direction)])
    return np.asarray(head - tail)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))
