"""What can be measured on a small grey picture of a camera's view."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LONG_SIDE = 160
"""Pixels of a thumbnail's longer side: enough for the layout of a street, too few for most of its traffic."""

BLOCK = 18

WHITE = 230
"""From here up there is no detail left in the light; most video ends at 235."""

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]


def thumbnail(picture: NDArray[np.uint8]) -> Grey:
    """A grey picture with a longer side of 160 pixels, from (h, w) grey or (h, w, 3) RGB."""
    scale = LONG_SIDE / max(picture.shape[:2])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1 else picture
    return np.asarray(small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))


@dataclass(frozen=True, slots=True)
class ExposureStats:
    """How bright the picture is: grey levels 0..255.

    middle: median. bright: 99.5th percentile, which a vehicle's lights lift. contrast: standard deviation. clipped:
    share at the top.
    """

    middle: float
    bright: float
    contrast: float
    clipped: float

    @classmethod
    def of(cls, picture: Grey) -> "ExposureStats":
        counts = cv2.calcHist([picture], [0], None, [256], [0, 256]).ravel()
        middle, bright = np.searchsorted(np.cumsum(counts) / picture.size, (0.5, 0.995))
        contrast = float(cv2.meanStdDev(picture)[1][0, 0])
        return cls(float(middle), float(bright), contrast, float(counts[WHITE:].sum() / picture.size))


@dataclass(frozen=True, slots=True)
class BlockStats:
    """The picture cut into squares of `BLOCK` pixels, in rows; what is left over lies around the edge.

    contrast: (N,) standard deviation inside each. fineness: (N,) energy of the finest detail over all detail, which
    blur takes away and a change of light does not. lefts, tops: (N,) of each square.
    """

    contrast: Floats
    fineness: Floats
    lefts: NDArray[np.intp]
    tops: NDArray[np.intp]

    @classmethod
    def of(cls, picture: Floats) -> "BlockStats":
        height, width = picture.shape
        rows, columns = height // BLOCK, width // BLOCK
        top, left = (height - rows * BLOCK) // 2, (width - columns * BLOCK) // 2
        fine = cv2.Laplacian(picture, cv2.CV_32F)

        def squares(values: Floats) -> Floats:
            inner = values[top : top + rows * BLOCK, left : left + columns * BLOCK]
            return inner.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2).reshape(rows * columns, -1)

        variance = squares(picture).var(axis=1)
        tops, lefts = np.mgrid[top : top + rows * BLOCK : BLOCK, left : left + columns * BLOCK : BLOCK]
        return cls(
            np.sqrt(variance), np.square(squares(fine)).mean(axis=1) / (variance + 1), lefts.ravel(), tops.ravel()
        )


def layout_correlation(a: Floats, b: Grey) -> float:
    """Correlation, -1..1, of two pictures in which only the coarse layout of light and shade is left."""
    small = [
        cv2.resize(picture.astype(np.float32), (16, 9), interpolation=cv2.INTER_AREA).ravel() for picture in (a, b)
    ]
    if min(float(s.std()) for s in small) < 1e-3:
        return 0.0
    return float(np.corrcoef(small[0], small[1])[0, 1])


def brightness_distance(a: Floats, b: Floats) -> float:
    """Mean difference of the quantiles of two pictures, in grey levels: of their light, whatever they show."""
    steps = np.linspace(0.05, 0.95, 10)
    return float(np.abs(np.quantile(a, steps) - np.quantile(b, steps)).mean())
