"""A camera that sends the same picture over and over, as some do when their sensor or encoder hangs."""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

GREY_LEVELS_TOLERATED = 4
"""Re-encoding an unchanged picture moves a pixel by this much at most, but for the first keyframe or two; a live
sensor's noise moves some by ten and more. With 2 a picture that froze was taken to be live for 15 s where looks at a
quiet road, two a second, keep step with the keyframes."""

REMEMBERED_S = 3.0
"""Longer than most cameras' keyframe interval, shorter than any clip that is worth playing in a loop."""

ALIVE = 0.2
"""Share of new pictures among those remembered that it takes to be alive. Of a frozen camera's, a few count as new by
chance: those right after a keyframe, where the looks fall on other pictures than a moment before."""

SUSPICIOUS_S = 5.0
"""A picture unchanged for so long is no longer taken as an observation, though not yet called frozen."""


class FreezeDetector:
    """Tells for how long no picture was new. Not thread-safe.

    An encoder does not code an unchanged picture the same way in every frame: it sharpens it after each keyframe. So
    a picture counts as new only where it resembles none of the last `REMEMBERED_S` seconds. A live one always differs
    from all of them by its sensor's noise. Some live streams repeat a few frames, so a moment's rest means nothing.
    """

    def __init__(self, frozen_s: float) -> None:
        self._frozen_s = frozen_s
        self._remembered: deque[tuple[float, NDArray[np.uint8], bool]] = deque()
        self._new_at = self._until = 0.0

    def update(self, t: float, luma: NDArray[np.uint8]) -> None:
        """luma: a thumbnail's brightness, (H, W), of the picture taken at `t` seconds."""
        self._until = t
        while len(self._remembered) > 1 and not t - REMEMBERED_S <= self._remembered[0][0] <= t:
            self._remembered.popleft()
        is_new = not any(_alike(luma, other) for _, other, _ in reversed(self._remembered))
        self._remembered.append((t, luma, is_new))
        if is_new and sum(new for *_, new in self._remembered) >= ALIVE * len(self._remembered):
            self._new_at = t

    @property
    def still_s(self) -> float:
        return self._until - self._new_at

    @property
    def is_suspicious(self) -> bool:
        return self.still_s >= min(SUSPICIOUS_S, self._frozen_s)

    @property
    def is_frozen(self) -> bool:
        return self.still_s >= self._frozen_s


def _alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    return one.shape == other.shape and cv2.norm(one, other, cv2.NORM_INF) <= GREY_LEVELS_TOLERATED
