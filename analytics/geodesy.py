"""Between WGS84 and a camera's own flat metres."""

from dataclasses import dataclass
from math import cos, radians, sin, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.camera import Position

_EQUATORIAL_RADIUS_M = 6378137.0
_ECCENTRICITY_SQUARED = 0.00669437999014


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """Metres east (x) and north (y) of an anchor, which lies at (0, 0).

    Equidistant cylindrical projection with its standard parallel through the anchor, on the WGS84 ellipsoid, by the
    radii of curvature there (Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395, 1987, ch. 4 and
    12). Within 500 m of the anchor, and between 70 degrees south and north, distances are right to about 0.02%.
    """

    anchor: Position

    def to_ground(self, lat_lon: ArrayLike) -> NDArray[np.float64]:
        """(N, 2) degrees, latitude first, to (N, 2) metres. Longitudes may lie across the 180th meridian."""
        degrees = np.asarray(lat_lon, dtype=np.float64).reshape(-1, 2)
        east_of = (degrees[:, 1] - self.anchor.lon + 180) % 360 - 180
        return np.stack([east_of, degrees[:, 0] - self.anchor.lat], axis=1) * self._metres_per_degree()

    def to_wgs84(self, ground: ArrayLike) -> list[Position]:
        """(N, 2) metres to positions."""
        metres = np.asarray(ground, dtype=np.float64).reshape(-1, 2)
        offsets = metres / self._metres_per_degree()
        lons = (self.anchor.lon + offsets[:, 0] + 180) % 360 - 180
        return [
            Position(lat=self.anchor.lat + float(dy), lon=float(lon))
            for dy, lon in zip(offsets[:, 1], lons, strict=True)
        ]

    def _metres_per_degree(self) -> NDArray[np.float64]:
        """(2,): of longitude and of latitude, at the anchor."""
        lat = radians(self.anchor.lat)
        bulge = 1 - _ECCENTRICITY_SQUARED * sin(lat) ** 2
        prime_vertical_m = _EQUATORIAL_RADIUS_M / sqrt(bulge)
        meridian_m = _EQUATORIAL_RADIUS_M * (1 - _ECCENTRICITY_SQUARED) / bulge**1.5
        return np.radians([prime_vertical_m * cos(lat), meridian_m])
