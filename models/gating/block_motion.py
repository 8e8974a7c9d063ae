"""Block-wise motion in the thumbnail of a window: which blocks of 8 pixels changed by more than noise and shake."""

from collections import deque
from collections.abc import Sequence
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
"""(H, W) brightness."""

BlockMask = NDArray[np.bool_]
"""(rows, columns) of blocks."""

Thumbnail = NDArray[np.float32]
"""(rows, columns) mean brightness of each block, grey levels 0..255."""

BLOCK_PX = 8
"""Side of a block, pixels: a detectable motorcycle covers several, and the mean has little noise [assumption]."""

MIN_DIFFERENCE = 4.0
"""Smallest difference of brightness that counts as motion, grey levels 0..255 [assumption]."""

NOISE_FACTOR = 4.0
"""Difference that counts as motion, in standard deviations of the camera's noise [assumption]."""

SHAKE_TOLERANCE = 0.5
"""Difference that a shake or recoding may cause, as a share of the block's contrast to its neighbours.

[measured: docs/adr/0032-motion-gate.md]: thresholds blind to contrast made 66 % of the pixels go to the detector.
"""

NOISE_FRAMES = 25
"""Frames over which the camera's noise is estimated (median) [assumption]."""

NOISE_QUANTILE = 0.25
"""Quantile of the differences from which the noise is estimated; up to three quarters of the image may move."""

QUANTILE_TO_SIGMA = 0.3186
"""Quantile 0.25 of the absolute value of a standard normal variable [source: table of the normal distribution]."""

MIN_MOVING_NEIGHBOURS = 3
"""Moving blocks needed among a block and its 8 neighbours; raindrops and flickering edges move fewer [assumption]."""

NEIGHBOURHOOD = np.ones((3, 3), np.uint8)
"""A block and its 8 neighbours [none]."""

NEW_VIEW_SHARE = 0.5
"""Share of differing blocks from which the camera was turned or the light changed as a whole [assumption]."""


def block_means(grey: Grey) -> Thumbnail:
    """Mean brightness of each whole block of a window, (H, W)."""
    size = grey.shape[1] // BLOCK_PX, grey.shape[0] // BLOCK_PX
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)


def block_span(box: Sequence[float], margin_px: float = 0.0) -> tuple[slice, slice]:
    """Rows and columns of the blocks that a box, (left, top, right, bottom) in pixels, touches.

    Plain numbers: the gate needs a few spans at a time, for which calls of numpy cost more than the arithmetic.
    """
    left, top, right, bottom = box
    first_row, last_row = int((top - margin_px) // BLOCK_PX), -int(-(bottom + margin_px) // BLOCK_PX)
    first_column, last_column = int((left - margin_px) // BLOCK_PX), -int(-(right + margin_px) // BLOCK_PX)
    return (
        slice(first_row if first_row > 0 else 0, last_row if last_row > 0 else 0),
        slice(first_column if first_column > 0 else 0, last_column if last_column > 0 else 0),
    )


class BlockMotion:
    """Block-wise difference of a thumbnail from the last known content; blind to a uniform change of brightness."""

    def __init__(self) -> None:
        self._known: Thumbnail | None = None
        self._noise_levels: deque[float] = deque(maxlen=NOISE_FRAMES)

    def moving_blocks(self, thumbnail: Thumbnail) -> BlockMask | None:
        """Blocks that moved; None where there is nothing to compare with, or the view has changed."""
        if self._known is None:
            return None
        difference = thumbnail - self._known
        some = difference.ravel()[::3]  # every third value: faster, and close enough
        light = _quantile(some, 0.5)
        noise = _quantile(np.abs(some - light), NOISE_QUANTILE) / QUANTILE_TO_SIGMA
        difference -= light
        np.abs(difference, out=difference)
        threshold = max(MIN_DIFFERENCE, NOISE_FACTOR * median(self._noise_levels or [noise]))
        self._noise_levels.append(noise)
        exceeding = difference > threshold
        differing = np.count_nonzero(exceeding)
        if differing > NEW_VIEW_SHARE * difference.size:
            return None
        if differing < MIN_MOVING_NEIGHBOURS:
            return np.zeros(difference.shape, dtype=bool)
        contrast = cv2.morphologyEx(self._known, cv2.MORPH_GRADIENT, NEIGHBOURHOOD)
        moved = difference > threshold + SHAKE_TOLERANCE * contrast
        count = cv2.boxFilter(moved.view(np.uint8), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(moved & (count >= MIN_MOVING_NEIGHBOURS))

    def mark_known(self, blocks: tuple[slice, slice] | BlockMask, thumbnail: Thumbnail) -> None:
        """Store the present content of these blocks as known."""
        if self._known is None:
            self._known = thumbnail.copy()
        elif isinstance(blocks, tuple):
            self._known[blocks] = thumbnail[blocks]
        else:
            np.copyto(self._known, thumbnail, where=blocks)


def _quantile(values: NDArray[np.float32], share: float) -> float:
    """Sample below which a share of the values lies, without interpolation."""
    ordered = values.copy()
    at = int(share * (len(ordered) - 1))
    ordered.partition(at)
    return float(ordered[at])
