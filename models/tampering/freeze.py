"""Detection of a frozen camera: one that repeats its image when its sensor or encoder hangs."""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from models.tampering.config import DEFAULT_CONFIG, TamperingConfig


class FreezeDetector:
    """Time since the last new image of one camera. Not thread-safe.

    An encoder sharpens an unchanged image after each keyframe, so that it differs from frame to frame. An image is new
    only where it differs from all images of the last `TamperingConfig.freeze_memory_s`. A live image does, by its
    sensor's noise. Some live streams repeat a few frames, so that a short pause means nothing.
    """

    def __init__(self, frozen_s: float, config: TamperingConfig = DEFAULT_CONFIG) -> None:
        self._frozen_s = frozen_s
        self._config = config
        self._recent: deque[tuple[float, NDArray[np.uint8], bool]] = deque()
        self._last_new_at = self._last_at = 0.0
        self._first_at: float | None = None
        self._has_changed = False

    def update(self, t: float, luma: NDArray[np.uint8]) -> None:
        """Add the image of `t` seconds. luma: its brightness in a thumbnail, (H, W)."""
        self._last_at = t
        while len(self._recent) > 1 and not t - self._config.freeze_memory_s <= self._recent[0][0] <= t:
            self._recent.popleft()
        is_new = self._is_new(luma)
        self._first_at = t if self._first_at is None else self._first_at
        # The first images of a frozen camera may be new, too, while its encoder sharpens them.
        self._has_changed = self._has_changed or (is_new and t - self._first_at >= self._config.freeze_memory_s)
        self._recent.append((t, luma, is_new))
        if is_new and sum(new for *_, new in self._recent) >= self._config.freeze_live_share * len(self._recent):
            self._last_new_at = t

    @property
    def suspected_s(self) -> float:
        """Seconds without a new image after which images must not be used."""
        return min(self._config.freeze_suspected_s, self._frozen_s)

    @property
    def repeated_within_s(self) -> float | None:
        """Seconds within which a new image must follow, or the last new one was the last that showed the road.

        None for a new image. Before an image is new some seconds after the first, nothing states that the camera is
        live: it may be frozen since before the start of the program.
        """
        if self.unchanged_s == 0:
            return None
        return self.suspected_s if self._has_changed else min(self._config.freeze_at_start_s, self.suspected_s)

    @property
    def unchanged_s(self) -> float:
        """Seconds from the last new image to the last image."""
        return self._last_at - self._last_new_at

    @property
    def is_suspected(self) -> bool:
        """Whether the image must not be used as an observation, though it is not yet called frozen."""
        return self.unchanged_s >= self.suspected_s

    @property
    def is_frozen(self) -> bool:
        """Whether no image was new for the configured time."""
        return self.unchanged_s >= self._frozen_s

    def _is_new(self, luma: NDArray[np.uint8]) -> bool:
        """Whether the image differs from all recent ones; most differ in the pixel that changed most since the last."""
        pixel: tuple[int, int] | None = None
        for _, other, _ in reversed(self._recent):
            if other.shape != luma.shape:
                continue
            if pixel is not None and abs(luma.item(pixel) - other.item(pixel)) > self._config.freeze_tolerance:
                continue
            _, largest, _, (u, v) = cv2.minMaxLoc(cv2.absdiff(luma, other))
            if largest <= self._config.freeze_tolerance:
                return False
            pixel = v, u
        return True
