"""Overlap of boxes in the image, and which boxes show a part of the same vehicle as another. Boxes are xyxy, pixels."""

import numpy as np
from numpy.typing import NDArray

MIN_CONTAINED_SHARE = 0.85
"""Share of a box inside a larger one from which it may show a part of that vehicle [assumption]."""

MIN_AREA_SHARE = 0.25
"""Area of a part as a share of that of the whole [assumption].

The box of a long vehicle on a slanted road has empty corners, into which smaller vehicles beside it fit.
"""

MAX_BELOW = 0.1
"""Distance of the bottom of a part below that of the whole, in heights of the part [assumption]."""

MIN_AREA_PX = 1e-6
"""Smallest area before a division, square pixels; avoids a division by zero."""


def overlap_areas(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Square pixels (N, M) that (N, 4) and (M, 4) boxes share."""
    sides = np.minimum(boxes[:, None, 2:], others[:, 2:]) - np.maximum(boxes[:, None, :2], others[:, :2])
    sides = np.maximum(sides, 0)
    return np.asarray(sides[..., 0] * sides[..., 1])


def box_areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Square pixels (N,) of (N, 4) boxes."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(sides[:, 0] * sides[:, 1])


def shares_inside(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest share (N,), 0..1, of each of (N, 4) boxes that lies in one of (M, 4) others; 0 without others.

    >>> shares_inside(np.array([[0, 0, 4, 2], [8, 0, 9, 2]]), np.array([[0, 0, 1, 2], [2, 0, 9, 1]])).tolist()
    [0.25, 0.5]
    """
    areas = np.maximum(box_areas(boxes), MIN_AREA_PX)
    return np.asarray(overlap_areas(boxes, others).max(axis=1, initial=0.0) / areas)


def parts_of(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each of (N, 4) boxes shows a part of the vehicle in each of (M, 4) larger boxes: (N, M).

    A box inside a larger one is either that, such as the cab of a lorry, or another vehicle before it or in a corner of
    its box. A vehicle before it is nearer to the camera, so that its box ends lower; one in a corner is much smaller.

    >>> parts_of(np.array([[0, 0, 4, 5], [0, 4, 4, 9], [0, 0, 2, 2]]), np.array([[0, 0, 9, 8]])).tolist()
    [[True], [False], [False]]
    """
    areas, other_areas = box_areas(boxes), box_areas(others)
    contained = overlap_areas(boxes, others) >= MIN_CONTAINED_SHARE * np.maximum(areas, MIN_AREA_PX)[:, None]
    below = boxes[:, 3, None] - others[None, :, 3]
    is_not_nearer = below <= MAX_BELOW * (boxes[:, 3] - boxes[:, 1])[:, None]
    has_size = (areas[:, None] >= MIN_AREA_SHARE * other_areas) & (areas[:, None] < other_areas)
    return np.asarray(contained & is_not_nearer & has_size)
