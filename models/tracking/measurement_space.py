"""The plane in which a tracker follows road users: the ground in metres, or the picture where nothing better is known.

On the ground a car's motion is as plain far away as near by, which is why a calibrated camera is tracked there.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analytics.geometry.plane import Homography

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

TYPICAL_HEIGHT_M = 1.6
FARTHEST_M_PER_PX = 4.0
"""Where one pixel is more metres of road than this, near the horizon, nothing can be followed."""


class MeasurementSpace(Protocol):
    """All arrays have N rows. pixels: ground points of boxes. heights: of the boxes in pixels.

    nearing_gain: see `models.tracking.track_table.TrackTable.meet`; 0 where places tell how large somebody looks.
    overlap: of two boxes of one road user who is not where he was expected (intersection over union), at least.
    """

    @property
    def nearing_gain(self) -> float: ...

    @property
    def overlap(self) -> float: ...

    def places(self, pixels: Array) -> Array:
        """(N, 2) positions in the plane."""
        ...

    def pixels(self, places: Array) -> Array:
        """The way back of `places`."""
        ...

    def jacobians(self, pixels: Array) -> Array:
        """(N, 2, 2): change of the position per pixel."""
        ...

    def metres(self, heights: Array) -> Array:
        """(N,) how many units of the plane one metre is, for road users that look so tall."""
        ...

    def growth(self, before: Array, now: Array) -> Array:
        """(N,) how much larger a box looks when its road user moves from one position to another, (N, 2) each."""
        ...

    def usable(self, pixels: Array) -> NDArray[np.bool_]:
        """(N,) whether the plane can be trusted there."""
        ...


class GroundPlane:
    """Metres on the road."""

    nearing_gain, overlap = 0.0, 0.3

    def __init__(self, homography: Homography) -> None:
        self._homography = homography
        self._matrix = homography.matrix
        self._inverse = np.linalg.inv(homography.matrix)

    def places(self, pixels: Array) -> Array:
        return self._homography.to_ground(pixels)

    def pixels(self, places: Array) -> Array:
        return self._homography.to_pixels(places)

    def jacobians(self, pixels: Array) -> Array:
        return _jacobians(self._matrix, pixels)

    def metres(self, heights: Array) -> Array:
        return np.ones(len(heights))

    def growth(self, before: Array, now: Array) -> Array:
        return self._scale(now) / self._scale(before)

    def _scale(self, places: Array) -> Array:
        """Pixels per metre across the view, up to a constant: one over the depth of the place."""
        depth = places @ self._inverse[2, :2] + self._inverse[2, 2]
        return np.asarray(1.0 / np.maximum(np.abs(depth), 1e-12))

    def usable(self, pixels: Array) -> NDArray[np.bool_]:
        stretch = np.abs(self.jacobians(pixels)).max(axis=(1, 2))
        return np.asarray(np.isfinite(stretch) & (stretch < FARTHEST_M_PER_PX))


class ImagePlane:
    """Pixels; a metre is as many of them as a road user looks tall, and who looks larger and larger comes nearer."""

    nearing_gain, overlap = 0.5, 0.2

    def places(self, pixels: Array) -> Array:
        return pixels

    def pixels(self, places: Array) -> Array:
        return places

    def jacobians(self, pixels: Array) -> Array:
        return np.broadcast_to(np.eye(2), (len(pixels), 2, 2))

    def metres(self, heights: Array) -> Array:
        return np.asarray(heights / TYPICAL_HEIGHT_M)

    def growth(self, before: Array, now: Array) -> Array:
        return np.ones(len(before))

    def usable(self, pixels: Array) -> NDArray[np.bool_]:
        return np.ones(len(pixels), dtype=bool)


def _jacobians(matrix: Array, pixels: Array) -> Array:
    """Derivative of the projective map at each pixel: quotient rule on (X, Y, W) = matrix (u, v, 1)."""
    x, y, w = matrix @ np.column_stack([pixels, np.ones(len(pixels))]).T
    with np.errstate(divide="ignore", invalid="ignore"):
        rows = [
            (matrix[0, :2, None] - (x / w) * matrix[2, :2, None]) / w,
            (matrix[1, :2, None] - (y / w) * matrix[2, :2, None]) / w,
        ]
    return np.stack(rows).transpose(2, 0, 1)
