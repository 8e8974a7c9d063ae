"""Conversion between WGS84 and the local metres of a camera."""

from dataclasses import dataclass
from math import cos, radians, sin, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.camera import Camera, Position
from analytics.facts import GroundPoint, Pixel
from analytics.geometry.homography import Homography

_EQUATORIAL_RADIUS_M = 6378137.0
"""Semi-major axis of the WGS84 ellipsoid, metres [source: NGA.STND.0036, WGS 84]."""

_ECCENTRICITY_SQUARED = 0.00669437999014
"""First eccentricity squared of the WGS84 ellipsoid [source: NGA.STND.0036, WGS 84]."""

MAX_EXTRAPOLATION_M = 250.0
"""Metres from the nearest control point beyond which the homography is not used [assumption].

Near the horizon one pixel is many metres.
"""

MAX_ANCHOR_DISTANCE_M = 10_000.0
"""Metres from the anchor beyond which control points must be in another frame, such as UTM [assumption]."""


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


def locate(camera: Camera, pixel: Pixel, ground: GroundPoint | None = None) -> Position | None:
    """Return the WGS84 position of a pixel, through its ground point and the camera's anchor.

    ground: its metres, where they are known better than by mapping the pixel.

    Returns the position of the camera itself (None where it has none) in these cases: there are no control points or no
    anchor; the pixel lies on or above the horizon; the ground point is not finite, further than `MAX_EXTRAPOLATION_M`
    from every control point, further than `MAX_ANCHOR_DISTANCE_M` from the anchor, or beyond
    a pole.
    """
    homography = camera.homography
    if homography is None or camera.anchor is None or not _below_horizon(homography, camera, pixel):
        return camera.position
    point = np.asarray(homography.to_ground([pixel])[0] if ground is None else ground, dtype=np.float64)
    known = np.array([point.ground for point in camera.control_points])
    if not np.isfinite(point).all() or np.linalg.norm(point) >= MAX_ANCHOR_DISTANCE_M:
        return camera.position
    if np.linalg.norm(known - point, axis=1).min() > MAX_EXTRAPOLATION_M:
        return camera.position
    try:
        return LocalFrame(camera.anchor).to_wgs84([point])[0]
    except ValueError:  # beyond a pole
        return camera.position


def _below_horizon(homography: Homography, camera: Camera, pixel: Pixel) -> bool:
    """Whether the pixel lies on the control points' side of the horizon, where the homogeneous scale changes sign."""
    pixels = np.array([pixel, *(point.pixel for point in camera.control_points)])
    scale = np.column_stack([pixels, np.ones(len(pixels))]) @ homography.matrix[2]
    return bool(scale[0] * np.median(scale[1:]) > 0)
