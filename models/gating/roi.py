"""Region of interest (ROI): the part of a camera's frame that the detector processes, and its scale."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Camera
from analytics.detections import Detections

STRIDE = 32
"""Sides of the detector's input are multiples of this, pixels, so that nothing is padded [source: YOLO heads]."""

PIXEL_BUDGET = 640 * 360
"""Pixels of detector input per camera and frame [assumption]: four cameras at 5 frames/s use half of two CPU cores."""

MIN_SCALE = 0.5
"""Smallest scale of the detector's input, so that far motorcycles stay detectable [assumption]."""

MAX_SCALE = 1.5
"""Largest scale of the detector's input; enlarging beyond it adds no detail [assumption]."""

ZONE_MARGIN = 0.1
"""Margin around zones, as a share of the frame's sides: road users are taller than the road is wide [assumption]."""

APPROACH = 0.35
"""Margin above and below gates without zones, as a share of the frame's height: room to build a track [assumption].

Along the road this is a long distance. Across the road nothing is cut: from the side, one truck is that wide.
"""

APPROACH_AT_LOW_FPS = 0.5
"""The same below `LOW_FPS` [measured: motorway clip at 5 frames/s: all of 11 cars counted at the gate, with 0.33 nine].
"""

LOW_FPS = 12.0
"""Analysed frames a second below which gates without zones get the larger margin [assumption]."""


@dataclass(frozen=True, slots=True)
class RegionOfInterest:
    """Window of the scaled frame.

    All sizes are (width, height); window: (left, top, width, height) in scaled pixels.
    """

    frame_size: tuple[int, int]
    scaled_size: tuple[int, int]
    window: tuple[int, int, int, int]

    def to_frame(self, detections: Detections) -> Detections:
        """Boxes in the window's pixels to full-frame pixels."""
        left, top, _, _ = self.window
        per_u, per_v = (whole / scaled for whole, scaled in zip(self.frame_size, self.scaled_size, strict=True))
        moved = (detections.xyxy + np.array([left, top, left, top])) * np.array([per_u, per_v, per_u, per_v])
        return Detections(moved.astype(np.float32), detections.confidence, detections.class_id)

    def to_window(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes (N, 4) in full-frame pixels to the window's pixels."""
        left, top, _, _ = self.window
        per_u, per_v = (scaled / whole for whole, scaled in zip(self.frame_size, self.scaled_size, strict=True))
        moved = xyxy * np.array([per_u, per_v, per_u, per_v]) - np.array([left, top, left, top])
        return np.asarray(moved, np.float32)


def roi_at(frame_size: tuple[int, int], region: tuple[float, float, float, float], scale: float) -> RegionOfInterest:
    """Smallest ROI in whole strides that covers `region` (left, top, right, bottom; frame pixels) at `scale`.

    Where the frame has no whole number of strides, its edges lose up to half a stride together, or the frame is
    stretched by less than a stride.
    """
    width, height = frame_size
    scaled = _stride_length(width * scale), _stride_length(height * scale)
    per_u, per_v = scaled[0] / width, scaled[1] / height
    left, span_u = _stride_span(region[0] * per_u, region[2] * per_u, scaled[0])
    top, span_v = _stride_span(region[1] * per_v, region[3] * per_v, scaled[1])
    return RegionOfInterest(frame_size, scaled, (left, top, span_u, span_v))


def _stride_length(length: float) -> int:
    """Exact length up to half a stride over whole strides, else the next whole stride.

    An exact half of the frame is scaled several times as fast as nearly a half.
    """
    strides, rest = divmod(round(length), STRIDE)
    return round(length) if strides and rest <= STRIDE // 2 else (strides + 1) * STRIDE


def _stride_span(low: float, high: float, limit: int) -> tuple[int, int]:
    length = min(limit // STRIDE, -(-int(np.ceil(high - low)) // STRIDE)) * STRIDE
    start = int(np.clip(round((low + high - length) / 2), 0, limit - length))
    return start, length


def choose_roi(camera: Camera, *, analysis_fps: float = 5.0) -> RegionOfInterest:
    """ROI of a camera, from its geometry and its analysed frames a second.

    With zones: all zones and gates plus `ZONE_MARGIN`, scaled to `PIXEL_BUDGET`; a small region is enlarged. With gates
    alone: the rows around them, at the scale at which the whole frame would meet the budget. The scale stays within
    `MIN_SCALE` and `MAX_SCALE`.
    """
    width, height = camera.image_size
    if camera.zones:
        region = _around(camera, ZONE_MARGIN * width, ZONE_MARGIN * height)
        area = (region[2] - region[0]) * (region[3] - region[1])
    else:
        approach = APPROACH_AT_LOW_FPS if analysis_fps < LOW_FPS else APPROACH
        region = _around(camera, width, approach * height) if camera.gates else (0.0, 0.0, float(width), float(height))
        area = float(width * height)
    scale = float(np.clip(np.sqrt(PIXEL_BUDGET / area), MIN_SCALE, MAX_SCALE))
    return roi_at(camera.image_size, region, scale)


def _around(camera: Camera, beside: float, above: float) -> tuple[float, float, float, float]:
    """(left, top, right, bottom), frame pixels, of all zones and gates with a margin, clipped to the frame."""
    width, height = camera.image_size
    points = [pixel for zone in camera.zones for pixel in zone.polygon]
    points += [pixel for gate in camera.gates for pixel in (gate.p1, gate.p2)]
    (left, top), (right, bottom) = np.min(points, axis=0), np.max(points, axis=0)
    return (
        max(0.0, float(left) - beside),
        max(0.0, float(top) - above),
        min(float(width), float(right) + beside),
        min(float(height), float(bottom) + above),
    )
