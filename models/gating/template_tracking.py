"""Template tracking of one road user between two frames, without the detector.

The patch in the last box is searched around the expected box by normalised cross-correlation [source: Lewis, Fast
Normalized Cross-Correlation, 1995], which is invariant to brightness and contrast. Patch and search area are first
reduced to few pixels, so that every road user costs about 0.05 ms, whatever its size.
"""

from math import ceil, floor

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
"""(H, W) brightness."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""

PATCH_SIDE_PX = 16
"""Largest side of the reduced patch, pixels; bounds the cost [assumption]."""

MIN_SIDE_PX = 4
"""Smallest side of a box that can be tracked, pixels [assumption]."""

SEARCH_SHARE = 0.5
"""Search distance around the expected box, as a share of the box's width and height [assumption]."""

MIN_SEARCH_PX = 4
"""Smallest search distance around the expected box, pixels [assumption]."""

MIN_CORRELATION = 0.8
"""Correlation from which the patch counts as found [measured: docs/adr/0032-motion-gate.md].

With 0.7 more crossings were lost, for 2 % fewer pixels.
"""

MIN_CONTRAST = 4
"""Range of grey levels, 0..255, that a patch needs; an even patch matches everywhere [assumption]."""


def track_template(box: Box, expected: Box, before: Grey, now: Grey) -> Box | None:
    """New place of the content of `box`; None where it is not found.

    Both images have the same size. Returns None for a box that is not wholly inside them, before or now.
    """
    height, width = now.shape
    left, top, right, bottom = floor(box[0]), floor(box[1]), ceil(box[2]), ceil(box[3])
    if left < 0 or top < 0 or right > width or bottom > height:
        return None
    if expected[0] < 0 or expected[1] < 0 or expected[2] > width or expected[3] > height:
        return None
    side_u, side_v = right - left, bottom - top
    if side_u < MIN_SIDE_PX or side_v < MIN_SIDE_PX:
        return None
    per_u, per_v = min(1.0, PATCH_SIDE_PX / side_u), min(1.0, PATCH_SIDE_PX / side_v)
    patch = _reduced(before[top:bottom, left:right], per_u, per_v)
    if not _has_contrast(patch):
        return None
    ahead_u, ahead_v = round(expected[0] - box[0]), round(expected[1] - box[1])
    reach_u, reach_v = (
        max(MIN_SEARCH_PX, round(SEARCH_SHARE * side_u)),
        max(MIN_SEARCH_PX, round(SEARCH_SHARE * side_v)),
    )
    from_u, from_v = max(0, left + ahead_u - reach_u), max(0, top + ahead_v - reach_v)
    area = now[from_v : bottom + ahead_v + reach_v, from_u : right + ahead_u + reach_u]
    reduced = _reduced(area, per_u, per_v)
    peak = _correlation_peak(patch, reduced)
    if peak is None:
        return None
    step_u = from_u + peak[0] * area.shape[1] / reduced.shape[1] - left
    step_v = from_v + peak[1] * area.shape[0] / reduced.shape[0] - top
    return box[0] + step_u, box[1] + step_v, box[2] + step_u, box[3] + step_v


def _has_contrast(patch: Grey) -> bool:
    darkest, brightest, _, _ = cv2.minMaxLoc(patch)
    return brightest - darkest >= MIN_CONTRAST


def _reduced(grey: Grey, per_u: float, per_v: float) -> Grey:
    size = max(1, round(grey.shape[1] * per_u)), max(1, round(grey.shape[0] * per_v))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _correlation_peak(patch: Grey, area: Grey) -> tuple[float, float] | None:
    """(u, v) of the best match in the area, with subpixel precision; None below `MIN_CORRELATION`."""
    if area.shape[0] < patch.shape[0] or area.shape[1] < patch.shape[1]:
        return None
    correlation = np.asarray(cv2.matchTemplate(area, patch, cv2.TM_CCOEFF_NORMED), np.float32)
    _, best, _, (u, v) = cv2.minMaxLoc(correlation)
    if not MIN_CORRELATION <= best <= 1.0:
        return None
    return u + _subpixel_peak(correlation[v], u), v + _subpixel_peak(correlation[:, u], v)


def _subpixel_peak(row: NDArray[np.float32], at: int) -> float:
    """Offset of the vertex of the parabola through the largest sample and its two neighbours."""
    if not 0 < at < len(row) - 1:
        return 0.0
    before, here, after = row[at - 1 : at + 2].tolist()
    curvature = before - 2 * here + after
    return 0.5 * (before - after) / curvature if curvature < 0 else 0.0
