"""Statistics of a small grey image of a camera's view: exposure, contrast and detail."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
"""(H, W) brightness, grey levels 0..255."""

Floats = NDArray[np.float32]
"""Array of floats; shapes are in the docstrings."""

THUMBNAIL_SIDE_PX = 160
"""Longer side of a thumbnail, pixels: enough for the layout of a street, too few for traffic [assumption].

Stored references have this size and these blocks.
"""

BLOCK_PX = 18
"""Side of a block, thumbnail pixels [assumption]."""

WHITE_LEVEL = 230
"""Grey level from which a pixel counts as clipped; most video ends at 235 [source: ITU-R BT.601]."""

LAYOUT_SIZE = (16, 9)
"""(width, height) in pixels to which images are reduced for their coarse layout [assumption]."""

MIN_LAYOUT_CONTRAST = 1e-3
"""Standard deviation, grey levels, below which a layout is even and correlates with nothing."""

QUANTILES = np.linspace(0.05, 0.95, 10)
"""Quantiles that describe the light of an image; the extremes are noise [assumption]."""

BRIGHT_QUANTILE = 0.995
"""Quantile that a vehicle's lights raise, though little else is lit [assumption]."""


def thumbnail(image: NDArray[np.uint8]) -> Grey:
    """Grey image with `THUMBNAIL_SIDE_PX` on its longer side, from (H, W) grey or (H, W, 3) RGB."""
    scale = THUMBNAIL_SIDE_PX / max(image.shape[:2])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
    return np.asarray(small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))


@dataclass(frozen=True, slots=True)
class ExposureStats:
    """Brightness of an image, grey levels 0..255.

    median; bright: 99.5th percentile; contrast: standard deviation; clipped_share: of pixels at the white level.
    """

    median: float
    bright: float
    contrast: float
    clipped_share: float

    @classmethod
    def of(cls, image: Grey) -> "ExposureStats":
        """Exposure of an image."""
        counts = cv2.calcHist([image], [0], None, [256], [0, 256]).ravel()
        median, bright = np.searchsorted(np.cumsum(counts) / image.size, (0.5, BRIGHT_QUANTILE))
        contrast = float(cv2.meanStdDev(image)[1][0, 0])
        clipped = float(counts[WHITE_LEVEL:].sum() / image.size)
        return cls(float(median), float(bright), contrast, clipped)


@dataclass(frozen=True, slots=True)
class BlockStats:
    """Contrast and detail of N square blocks in rows; the remaining pixels lie around the edge.

    contrast: (N,) standard deviation. high_frequency_ratio: (N,) energy of the finest detail over all detail, which
    blur lowers and a change of light does not. lefts, tops: (N,) position in pixels.
    """

    contrast: Floats
    high_frequency_ratio: Floats
    lefts: NDArray[np.intp]
    tops: NDArray[np.intp]

    @classmethod
    def of(cls, image: Floats) -> "BlockStats":
        """Blocks of an image, (H, W)."""
        side = BLOCK_PX
        height, width = image.shape
        rows, columns = height // side, width // side
        top, left = (height - rows * side) // 2, (width - columns * side) // 2
        fine = cv2.Laplacian(image, cv2.CV_32F)

        def blocks(values: Floats) -> Floats:
            inner = values[top : top + rows * side, left : left + columns * side]
            return inner.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(rows * columns, -1)

        variance = blocks(image).var(axis=1)
        tops, lefts = np.mgrid[top : top + rows * side : side, left : left + columns * side : side]
        ratio = np.square(blocks(np.asarray(fine, np.float32))).mean(axis=1) / (variance + 1)
        return cls(np.sqrt(variance), ratio, lefts.ravel(), tops.ravel())


def layout_correlation(a: Floats, b: Grey) -> float:
    """Correlation, -1..1, of the coarse layouts of light and shade of two images."""
    small = [
        cv2.resize(image.astype(np.float32), LAYOUT_SIZE, interpolation=cv2.INTER_AREA).ravel() for image in (a, b)
    ]
    if min(float(s.std()) for s in small) < MIN_LAYOUT_CONTRAST:
        return 0.0
    return float(np.corrcoef(small[0], small[1])[0, 1])


def brightness_distance(a: Floats, b: Floats) -> float:
    """Mean difference of the brightness quantiles of two images, grey levels; compares light, not content."""
    return float(np.abs(np.quantile(a, QUANTILES) - np.quantile(b, QUANTILES)).mean())
