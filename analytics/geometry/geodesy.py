"""Between WGS84 and a camera's own flat metres."""

from dataclasses import dataclass
from math import cos, radians, sin, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.camera import Camera, Position
from analytics.facts import GroundPoint, Pixel
from analytics.geometry.plane import Homography

_EQUATORIAL_RADIUS_M = 6378137.0
_ECCENTRICITY_SQUARED = 0.00669437999014

FAR_M = 250.0
"""Further than this from every control point, the homography is a guess: near the horizon a pixel is many metres."""

BEYOND_M = 10_000.0
"""Control points this far from the anchor are in some other frame (UTM, say), not in metres east and north of it."""


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


def on_the_map(camera: Camera, pixel: Pixel, ground: GroundPoint | None = None) -> Position | None:
    """WGS84 of a place in the picture: of its ground point, through the camera's anchor.

    ground: metres, where they are known better than by mapping the pixel. The camera's own position stands in (None
    where it has none) where there are no control points or no anchor, where the pixel lies on or above the horizon,
    and where the ground point is not finite, further than `FAR_M` from every control point, or `BEYOND_M` from the
    anchor.
    """
    homography = camera.homography
    if homography is None or camera.anchor is None or not _below_horizon(homography, camera, pixel):
        return camera.position
    place = np.asarray(homography.to_ground([pixel])[0] if ground is None else ground, dtype=np.float64)
    known = np.array([point.ground for point in camera.control_points])
    if not np.isfinite(place).all() or np.linalg.norm(place) >= BEYOND_M:
        return camera.position
    if np.linalg.norm(known - place, axis=1).min() > FAR_M:
        return camera.position
    return LocalFrame(camera.anchor).to_wgs84([place])[0]


def _below_horizon(homography: Homography, camera: Camera, pixel: Pixel) -> bool:
    """Whether the pixel shows the ground, as the control points do: beyond the horizon the scale changes its sign."""
    pixels = np.array([pixel, *(point.pixel for point in camera.control_points)])
    scale = np.column_stack([pixels, np.ones(len(pixels))]) @ homography.matrix[2]
    return bool(scale[0] * np.median(scale[1:]) > 0)
