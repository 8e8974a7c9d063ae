"""Whether a ground point moved because a box was resized, and not because the road user moved.

A vehicle that passes before a parked one hides its wheels or its side, and a detector at times adds the shadow. One
edge of the box moves then, and the opposite one stays. A road user that moves takes both along, or grows in width and
height alike as it comes nearer. See docs/adr/0123-standing-on-a-gate.md.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_STILL_SHARE = 0.25
"""Movement of the edge that stays, as a share of that of the edge that moves [assumption: jitter of a box]."""

MIN_RESIZE = 0.15
"""Change of width or height, as a logarithm, that is no jitter [assumption]."""

MAX_OTHER_SHARE = 0.5
"""Change of the other dimension, as a share of it, below which the box did not come nearer [assumption]."""

MIN_MOVED_SHARE = 0.5
"""Share of a movement that must not come from a resized box [assumption]."""

BORDER_PX = 2.0
"""Pixels from the border of the picture within which it cuts a box, whose edge stays there meanwhile [assumption]."""

BOXES = 5
"""Latest boxes on either side of a gate whose median is compared [assumption]."""


def moved_as_a_whole(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    normal: ArrayLike,
    image_size: ArrayLike = (np.inf, np.inf),
) -> bool:
    """Whether the boxes (N, 4) and (M, 4), as x1, y1, x2, y2, show a road user that moved along `normal` (2,).

    image_size: width and height of the picture, pixels.

    >>> parked, wheels_hidden = np.array([[10.0, 10, 50, 50]]), np.array([[10.0, 10, 50, 35]])
    >>> moved_as_a_whole(parked, wheels_hidden, (0, -1)), moved_as_a_whole(parked, parked - [0, 15, 0, 15], (0, -1))
    (False, True)
    """
    first, last = np.median(before, axis=0), np.median(after, axis=0)
    x1, y1, x2, y2 = (last - first).tolist()
    wider, higher = np.log(np.maximum(last[2:] - last[:2], 1.0) / np.maximum(first[2:] - first[:2], 1.0)).tolist()
    low, high = np.minimum(first[:2], last[:2]), np.maximum(first[2:], last[2:])
    cut = (low <= BORDER_PX) | (high >= np.asarray(image_size) - BORDER_PX)
    across, along = np.asarray(normal, dtype=np.float64) * ((x1 + x2) / 2, y2)
    moved = (0.0 if not cut[0] and _is_resized(x1, x2, wider, higher) else across) + (
        0.0 if not cut[1] and _is_resized(y1, y2, higher, wider) else along
    )
    return bool(moved >= MIN_MOVED_SHARE * (across + along))


def _is_resized(edge: float, opposite: float, change: float, other: float) -> bool:
    """Whether one of two opposite edges stayed while the size between them changed, and the other size did not."""
    low, high = sorted((abs(edge), abs(opposite)))
    return low < MAX_STILL_SHARE * high and abs(change) > MIN_RESIZE and abs(other) < MAX_OTHER_SHARE * abs(change)
