"""Which part of a camera's picture the detector looks at, and how large."""

from dataclasses import dataclass

import numpy as np

from analytics.camera import Camera
from analytics.detections import Detections

STRIDE = 32
"""Sides of what the detector sees are multiples of it, so that nothing is padded."""

AFFORDABLE_PIXELS = 640 * 360
"""What the detector looks at of each camera: four cameras at 5 frames a second keep two CPU cores half busy."""

SMALLEST_SCALE = 0.5
LARGEST_SCALE = 1.5
"""Enlarging helps the detector with small road users up to about here; beyond, there is nothing more to see."""

MARGIN = 0.1
"""Around zones, in widths and heights of the picture: road users are taller than the road is wide."""

APPROACH, APPROACH_OF_RARE_LOOKS = 0.35, 0.5
"""Above and below gates that have no zones, in heights of the picture: room to see road users come and go.

In a view along the road this is a long way. Across the road nothing is cut: seen from the side, one truck is that wide.
With 5 looks a second, of 11 cars over a motorway's gate 9 were found with a third of the height, and all with half.
"""

LOW_FPS = 12.0


@dataclass(frozen=True, slots=True)
class RegionOfInterest:
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


def roi_at(frame_size: tuple[int, int], region: tuple[float, float, float, float], scale: float) -> RegionOfInterest:
    """The view that holds `region` (left, top, right, bottom; frame pixels) at `scale`.

    It is widened to whole strides within the frame. Where the frame has no whole strides, the edges lose up to half a
    stride together, or the frame is stretched by less than that.
    """
    width, height = frame_size
    scaled = _scaled(width * scale), _scaled(height * scale)
    per_u, per_v = scaled[0] / width, scaled[1] / height
    left, span_u = _span(region[0] * per_u, region[2] * per_u, scaled[0])
    top, span_v = _span(region[1] * per_v, region[3] * per_v, scaled[1])
    return RegionOfInterest(frame_size, scaled, (left, top, span_u, span_v))


def _scaled(length: float) -> int:
    """Exact where that costs little: a picture of half the size is made several times as fast as one of nearly half."""
    strides, rest = divmod(round(length), STRIDE)
    return round(length) if strides and rest <= STRIDE // 2 else (strides + 1) * STRIDE


def _span(low: float, high: float, limit: int) -> tuple[int, int]:
    length = min(limit // STRIDE, -(-int(np.ceil(high - low)) // STRIDE)) * STRIDE
    start = int(np.clip(round((low + high - length) / 2), 0, limit - length))
    return start, length


def choose_roi(camera: Camera, *, looks_per_s: float = 5.0) -> RegionOfInterest:
    """The view for a camera, from its own geometry and from how often it is looked at.

    Where zones are drawn the road is known: the region is what holds all zones and gates, and `MARGIN` around it,
    scaled to `AFFORDABLE_PIXELS`: a small region is seen larger. With gates alone nobody has said how far the road
    reaches: the rows on the way to them are seen at the scale at which the whole picture would be affordable.
    The scale stays within `SMALLEST_SCALE` and `LARGEST_SCALE`, so that far motorcycles are never lost to it.
    """
    width, height = camera.image_size
    if camera.zones:
        region = _around(camera, MARGIN * width, MARGIN * height)
        area = (region[2] - region[0]) * (region[3] - region[1])
    else:
        approach = APPROACH_OF_RARE_LOOKS if looks_per_s < LOW_FPS else APPROACH
        region = _around(camera, width, approach * height) if camera.gates else (0.0, 0.0, float(width), float(height))
        area = float(width * height)
    scale = float(np.clip(np.sqrt(AFFORDABLE_PIXELS / area), SMALLEST_SCALE, LARGEST_SCALE))
    return roi_at(camera.image_size, region, scale)


def _around(camera: Camera, beside: float, above: float) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) in frame pixels of what is drawn, with a margin, within the picture."""
    width, height = camera.image_size
    drawn = [pixel for zone in camera.zones for pixel in zone.polygon]
    drawn += [pixel for gate in camera.gates for pixel in (gate.p1, gate.p2)]
    (left, top), (right, bottom) = np.min(drawn, axis=0), np.max(drawn, axis=0)
    return (
        max(0.0, float(left) - beside),
        max(0.0, float(top) - above),
        min(float(width), float(right) + beside),
        min(float(height), float(bottom) + above),
    )
