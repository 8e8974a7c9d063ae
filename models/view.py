"""Which part of a camera's picture the detector looks at, and how large."""

from dataclasses import dataclass

import numpy as np

from analytics.camera import Camera
from analytics.detections import Detections

STRIDE = 32
"""Sides of what the detector sees are multiples of it, so that nothing is padded."""


@dataclass(frozen=True, slots=True)
class View:
    """The frame is scaled to `scaled_size`, and a window is cut out of that.

    All sizes are (width, height); window: (left, top, width, height) in scaled pixels.
    """

    frame_size: tuple[int, int]
    scaled_size: tuple[int, int]
    window: tuple[int, int, int, int]

    def to_frame(self, seen: Detections) -> Detections:
        """Boxes in the window's pixels to full-frame pixels."""
        left, top, _, _ = self.window
        per_u, per_v = (whole / scaled for whole, scaled in zip(self.frame_size, self.scaled_size, strict=True))
        moved = (seen.xyxy + np.array([left, top, left, top])) * np.array([per_u, per_v, per_u, per_v])
        return Detections(moved.astype(np.float32), seen.confidence, seen.class_id)


def view_at(frame_size: tuple[int, int], region: tuple[float, float, float, float], scale: float) -> View:
    """The view that holds `region` (left, top, right, bottom; frame pixels) at `scale`.

    It is widened to whole strides within the frame; the frame itself is stretched by less than a stride to fit.
    """
    width, height = frame_size
    scaled = _strides(width * scale), _strides(height * scale)
    per_u, per_v = scaled[0] / width, scaled[1] / height
    left, span_u = _span(region[0] * per_u, region[2] * per_u, scaled[0])
    top, span_v = _span(region[1] * per_v, region[3] * per_v, scaled[1])
    return View(frame_size, scaled, (left, top, span_u, span_v))


def _strides(length: float) -> int:
    return max(STRIDE, round(length / STRIDE) * STRIDE)


def _span(low: float, high: float, limit: int) -> tuple[int, int]:
    length = min(limit, -(-int(np.ceil(high - low)) // STRIDE) * STRIDE)
    start = int(np.clip(round((low + high - length) / 2), 0, limit - length))
    return start, length


def choose_view(camera: Camera) -> View:
    width, height = camera.image_size
    return view_at(camera.image_size, (0, 0, width, height), 640 / max(width, height))
