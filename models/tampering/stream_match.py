"""Whether two streams of one camera show the same part of the scene, each squeezed into its own picture."""

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE = 128, 72
SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
WHOLE_FRAME = 1.0, 1.0
CLEARLY_BETTER = 0.15
"""By so much more must a part resemble the other picture than the whole does."""

SURE = 0.4
STRANGE = 0.3
"""Correlation of the best fit. Two scenes reach 0.15 in the middle and 0.47 at most, two moments of one scene 0.4 at
least, in ten recordings from seven streets."""

LEAST_DETAIL = 4.0
"""Grey levels. In the dark, or in fog, nothing resembles anything."""

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class StreamMatch:
    """share: (width, height) of the first picture that the second one shows, (1, 1) unless a smaller part fits clearly
    better. strange: no part of the one resembles the other."""

    share: tuple[float, float]
    strange: bool


def match_streams(whole: Grey, other: Grey) -> StreamMatch:
    """Two grey pictures of any size and aspect, (H, W), taken within a moment or two."""
    large = _detail(whole, SIZE)
    fits: dict[tuple[float, float], float] = {}
    for share in product(SHARES, SHARES):
        template = _detail(other, (round(SIZE[0] * share[0]), round(SIZE[1] * share[1])))
        fits[share] = float(cv2.matchTemplate(large, template, cv2.TM_CCOEFF_NORMED).max())
    best = max(fits, key=lambda share: fits[share])
    is_part = fits[best] > max(SURE, fits[WHOLE_FRAME] + CLEARLY_BETTER)
    detailed = min(float(large.std()), float(_detail(other, SIZE).std())) >= LEAST_DETAIL
    return StreamMatch(best if is_part else WHOLE_FRAME, strange=detailed and fits[best] < STRANGE)


def _detail(picture: Grey, size: tuple[int, int]) -> NDArray[np.float32]:
    """Without the coarse light and shade, which any two parts of a street share."""
    small = cv2.resize(picture.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small - cv2.GaussianBlur(small, (0, 0), 8), np.float32)
