"""Space in which the tracker measures positions: the road plane in metres, or the image where it is not calibrated.

On the road plane the motion of a far vehicle is as clear as that of a near one.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analytics.geometry.homography import Homography
from analytics.road_users import TYPICAL_HEIGHT_M, RoadUser

Array = NDArray[np.float64]
"""Array of floats; shapes are in the docstrings."""

Indices = NDArray[np.intp]
"""(N,) row numbers."""

ROAD_USER_HEIGHT_M = TYPICAL_HEIGHT_M[RoadUser.MOTORCYCLE]
"""Height of a road user of any class, metres: that of a rider, between a car's and a truck's [assumption]."""


class MeasurementSpace(Protocol):
    """Mapping from pixels to the space. All arrays have N rows; pixels: ground points of boxes, (N, 2)."""

    @property
    def looming_gain(self) -> float:
        """Gain of the looming rate (`models.tracking.track_table.TrackTable.update`).

        0 where positions determine the apparent size.
        """
        ...

    @property
    def min_iou(self) -> float:
        """Smallest intersection over union of two boxes of a road user that left its expected path."""
        ...

    def positions(self, pixels: Array) -> Array:
        """Positions (N, 2) in the space."""
        ...

    def to_pixels(self, positions: Array) -> Array:
        """Inverse of `positions`."""
        ...

    def jacobians(self, pixels: Array) -> Array:
        """Derivative (N, 2, 2) of the position by the pixel."""
        ...

    def units_per_metre(self, heights: Array) -> Array:
        """Units of the space per metre, (N,), for road users of these heights (N,) in pixels."""
        ...

    def size_ratio(self, before: Array, now: Array) -> Array:
        """Growth (N,) of the apparent size after a move between two positions, (N, 2) each."""
        ...

    def is_usable(self, pixels: Array, jacobians: Array) -> NDArray[np.bool_]:
        """Mask (N,) of the pixels, with their `jacobians`, at which positions can be measured."""
        ...


class GroundPlane:
    """Road plane, in metres."""

    looming_gain, min_iou = 0.0, 0.3
    """[assumption] for `min_iou`: motion prediction on the plane is good, so little overlap is evidence enough."""

    def __init__(self, homography: Homography) -> None:
        self._homography = homography

    def positions(self, pixels: Array) -> Array:
        return self._homography.to_ground(pixels)

    def to_pixels(self, positions: Array) -> Array:
        return self._homography.to_pixels(positions)

    def jacobians(self, pixels: Array) -> Array:
        return self._homography.jacobians(pixels)

    def units_per_metre(self, heights: Array) -> Array:
        return np.ones(len(heights))

    def size_ratio(self, before: Array, now: Array) -> Array:
        return self._homography.relative_scale(now) / self._homography.relative_scale(before)

    def is_usable(self, pixels: Array, jacobians: Array) -> NDArray[np.bool_]:
        return self._homography.is_measurable(pixels, jacobians)


class ImagePlane:
    """Image, in pixels; a metre is derived from the height of the box, and growth means approach."""

    looming_gain, min_iou = 0.5, 0.2
    """`looming_gain` per second and e-fold of size [assumption]; `min_iou` [assumption]."""

    def positions(self, pixels: Array) -> Array:
        return pixels

    def to_pixels(self, positions: Array) -> Array:
        return positions

    def jacobians(self, pixels: Array) -> Array:
        unit = np.zeros((len(pixels), 2, 2))
        unit[:, 0, 0] = unit[:, 1, 1] = 1.0
        return unit

    def units_per_metre(self, heights: Array) -> Array:
        return np.asarray(heights / ROAD_USER_HEIGHT_M)

    def size_ratio(self, before: Array, now: Array) -> Array:
        return np.ones(len(before))

    def is_usable(self, pixels: Array, jacobians: Array) -> NDArray[np.bool_]:
        return np.ones(len(pixels), dtype=bool)
