"""A camera that sends the same picture over and over, as some do when their sensor or encoder hangs."""

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

GREY_LEVELS_TOLERATED = 2
"""Re-encoding an unchanged picture moves a pixel by this much at most; a live sensor's noise moves some by more."""

SUSPICIOUS_S = 5.0
"""A picture unchanged for so long is no longer taken as an observation, though not yet called frozen."""


PLANAR_LUMA = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray")
"""Formats whose first plane is one byte of brightness for each pixel."""


class FrozenPicture:
    """Tells for how long the picture has not changed. Not thread-safe.

    Some live streams repeat a few frames, so standing still for a moment means nothing.
    """

    def __init__(self, frozen_s: float) -> None:
        self._frozen_s = frozen_s
        self._reference: NDArray[np.uint8] | None = None
        self._since = self._until = 0.0

    def see(self, t: float, luma: NDArray[np.uint8]) -> None:
        """luma: a thumbnail's brightness, (H, W), of the picture taken at `t` seconds."""
        self._until = t
        if self._reference is None or luma.shape != self._reference.shape or self._changed(luma, self._reference):
            self._reference, self._since = luma, t

    @staticmethod
    def _changed(luma: NDArray[np.uint8], reference: NDArray[np.uint8]) -> bool:
        return bool(np.abs(luma.astype(np.int16) - reference).max() > GREY_LEVELS_TOLERATED)

    @property
    def still_s(self) -> float:
        return self._until - self._since

    @property
    def is_suspicious(self) -> bool:
        return self.still_s >= min(SUSPICIOUS_S, self._frozen_s)

    @property
    def is_frozen(self) -> bool:
        return self.still_s >= self._frozen_s


def luma_thumbnail(picture: VideoFrame) -> NDArray[np.uint8]:
    """About 80 x 45 brightness samples of a decoded picture, copied without converting it."""
    if picture.format.name not in PLANAR_LUMA:
        return picture.reformat(width=80, height=45, format="gray").to_ndarray().astype(np.uint8)
    plane = picture.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
    step = max(1, plane.height // 45)
    return np.array(rows[step // 2 :: step, step // 2 :: step])
