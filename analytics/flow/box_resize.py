"""Whether a ground point moved because a box was resized, and not because the road user moved.

A vehicle that passes before a parked one hides its wheels or its side, and a detector at times adds the shadow. One
edge of the box moves then, and the opposite one stays. A road user that moves takes both along, or grows in width and
height alike as it comes nearer. See docs/adr/0123-standing-on-a-gate.md.
"""

from collections.abc import Sequence
from math import inf, log
from statistics import median

from analytics.tracks.trajectories import Box

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
    before: Sequence[Box],
    after: Sequence[Box],
    normal: tuple[float, float],
    image_size: tuple[float, float] = (inf, inf),
) -> bool:
    """Whether boxes before and after, as x1, y1, x2, y2, show a road user that moved along `normal`, a unit vector.

    image_size: width and height of the picture, pixels.

    >>> parked, wheels_hidden, higher = (10.0, 10, 50, 50), (10.0, 10, 50, 35), (10.0, -5, 50, 35)
    >>> moved_as_a_whole([parked], [wheels_hidden], (0, -1)), moved_as_a_whole([parked], [higher], (0, -1))
    (False, True)
    """
    first, last = _median_box(before), _median_box(after)
    x1, y1, x2, y2 = (b - a for a, b in zip(first, last, strict=True))
    wider, higher = _growth(first, last, 0), _growth(first, last, 1)
    across, along = normal[0] * ((x1 + x2) / 2), normal[1] * y2
    moved = (0.0 if not _is_cut(first, last, 0, image_size) and _is_resized(x1, x2, wider, higher) else across) + (
        0.0 if not _is_cut(first, last, 1, image_size) and _is_resized(y1, y2, higher, wider) else along
    )
    return moved >= MIN_MOVED_SHARE * (across + along)


def _is_resized(edge: float, opposite: float, change: float, other: float) -> bool:
    """Whether one of two opposite edges stayed while the size between them changed, and the other size did not."""
    low, high = sorted((abs(edge), abs(opposite)))
    return low < MAX_STILL_SHARE * high and abs(change) > MIN_RESIZE and abs(other) < MAX_OTHER_SHARE * abs(change)


def _median_box(boxes: Sequence[Box]) -> Box:
    x1, y1, x2, y2 = map(median, zip(*boxes, strict=True))
    return x1, y1, x2, y2


def _growth(first: Box, last: Box, axis: int) -> float:
    """Logarithm of the ratio of two widths (axis 0) or heights (axis 1)."""
    return log(max(last[axis + 2] - last[axis], 1.0) / max(first[axis + 2] - first[axis], 1.0))


def is_at_border(box: Box, image_size: tuple[float, float]) -> bool:
    """Whether a box reaches the border of the picture, or lies beyond it. image_size: width and height, pixels."""
    return _is_cut(box, box, 0, image_size) or _is_cut(box, box, 1, image_size)


def _is_cut(first: Box, last: Box, axis: int, image_size: tuple[float, float]) -> bool:
    """Whether the border of the picture cuts one of the boxes along the axis."""
    low, high = min(first[axis], last[axis]), max(first[axis + 2], last[axis + 2])
    return low <= BORDER_PX or high >= image_size[axis] - BORDER_PX
