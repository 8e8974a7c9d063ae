"""Comparison of two streams of one camera: which part of the scene the second one shows."""

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE = 128, 72
"""(width, height) in pixels to which images are reduced [assumption]."""

SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
"""Shares of the width and of the height that are compared [assumption]."""

WHOLE_FRAME = 1.0, 1.0
"""Share (width, height) of a stream that shows the same part."""

MIN_IMPROVEMENT = 0.15
"""Correlation by which a part must match better than the whole frame [assumption]."""

MIN_PART_CORRELATION = 0.4
"""Correlation that a part needs [measured: ten recordings of seven streets: two moments of a scene reach 0.4 or more].
"""

MAX_UNRELATED_CORRELATION = 0.3
"""Correlation of the best match below which two streams are unrelated.

[measured: ten recordings of seven streets: two scenes reach 0.15 as a median and 0.47 at most]
"""

MIN_DETAIL = 4.0
"""Standard deviation of the detail, grey levels, below which nothing can be compared: darkness, fog [assumption]."""

DETAIL_SIGMA_PX = 8
"""Standard deviation of the Gaussian that removes coarse light and shade, reduced pixels [assumption]."""

Grey = NDArray[np.uint8]
"""(H, W) brightness."""


@dataclass(frozen=True, slots=True)
class StreamMatch:
    """Result of the comparison.

    share: (width, height) of the first image that the second shows; (1, 1) unless a part matches clearly better.
    unrelated: no part of the one matches the other.
    """

    share: tuple[float, float]
    unrelated: bool


def match_streams(whole: Grey, other: Grey) -> StreamMatch:
    """Match of two grey images of any size, (H, W), recorded within a few seconds."""
    large = _detail(whole, SIZE)
    correlations: dict[tuple[float, float], float] = {}
    for share in product(SHARES, SHARES):
        template = _detail(other, (round(SIZE[0] * share[0]), round(SIZE[1] * share[1])))
        correlations[share] = float(cv2.matchTemplate(large, template, cv2.TM_CCOEFF_NORMED).max())
    best = max(correlations, key=lambda share: correlations[share])
    is_part = correlations[best] > max(MIN_PART_CORRELATION, correlations[WHOLE_FRAME] + MIN_IMPROVEMENT)
    has_detail = min(float(large.std()), float(_detail(other, SIZE).std())) >= MIN_DETAIL
    unrelated = has_detail and correlations[best] < MAX_UNRELATED_CORRELATION
    return StreamMatch(best if is_part else WHOLE_FRAME, unrelated)


def _detail(image: Grey, size: tuple[int, int]) -> NDArray[np.float32]:
    """Image without its coarse light and shade, which any two parts of a street share."""
    small = cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small - cv2.GaussianBlur(small, (0, 0), DETAIL_SIGMA_PX), np.float32)
