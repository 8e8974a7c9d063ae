"""Input scale of a camera, learned from the size of the road users in its view.

Half the scale is a quarter of the work, and a camera near the road shows road users larger than the detector needs.
The scale is learned at full scale only, where small road users are still detected. It is the smallest at which small
road users keep `MIN_SMALL_SIDE_PX`. After `RELEARN_INTERVAL_S` the camera returns to full scale and learns again.
Crossing F1 by scale: docs/adr/0033-input-scale.md.
"""

import numpy as np

from analytics.detections import Tracks
from models.gating.roi import RegionOfInterest, roi_at

REDUCED_SCALES = (0.5, 0.75)
"""Scales below full scale (1), smallest first [measured: docs/adr/0033-input-scale.md]."""

MIN_SMALL_SIDE_PX = 24.0
"""Side of a square with the area of a small road user's box, detector pixels.

[measured: docs/adr/0033-input-scale.md]
"""

SMALL_PERCENTILE = 10
"""Percentile of the mean sides of all tracks that counts as a small road user, 0..100 [assumption].

Each track counts once, however long it stands.
"""

MIN_TRACKS = 12
"""Tracks needed to learn a scale; in mixed traffic some of them are small [assumption]."""

MIN_TRACK_FRAMES = 5
"""Frames in which a track must appear before its size counts [assumption]."""

RELEARN_INTERVAL_S = 300.0
"""Time at a reduced scale before it is learned again, seconds; bounds how long small road users are missed."""

MAX_TRACKS = 1000
"""Tracks remembered while learning; beyond it learning restarts: most tracks were too short [assumption]."""


class AdaptiveInputScale:
    """Input scale of one camera. detector_pixels: detector pixels per frame pixel at full scale.

    small_side_px: side of a small road user at full scale, detector pixels, as last learned, by an earlier run too;
    None before. learned: whether this run has learned it.
    """

    def __init__(self, detector_pixels: float, small_side_px: float | None = None) -> None:
        self.small_side_px = small_side_px
        self.learned = False
        self._detector_pixels = detector_pixels
        self._sides: dict[int, tuple[int, float]] = {}
        self._long_tracks = 0
        self._scale = 1.0
        self._learned_at = 0.0

    def scale_at(self, t: float) -> float:
        """Scale of the frame at `t` seconds: 1 or one of `REDUCED_SCALES`."""
        if self._scale < 1 and not 0 <= t - self._learned_at < RELEARN_INTERVAL_S:
            self._scale = 1.0
        return self._scale

    def update(self, t: float, tracks: Tracks) -> None:
        """Learn from the tracks of the frame at `t` seconds, in frame pixels, at the scale of `scale_at`."""
        if self._scale < 1:
            return
        width_height = tracks.xyxy[:, 2:] - tracks.xyxy[:, :2]
        sides = np.sqrt(width_height[:, 0] * width_height[:, 1]) * self._detector_pixels
        for track_id, side in zip(tracks.track_id.tolist(), sides.tolist(), strict=True):
            frames, total = self._sides.get(track_id, (0, 0.0))
            self._sides[track_id] = frames + 1, total + side
            self._long_tracks += frames + 1 == MIN_TRACK_FRAMES
        if self._long_tracks >= MIN_TRACKS:
            means = [total / frames for frames, total in self._sides.values() if frames >= MIN_TRACK_FRAMES]
            self.small_side_px = small = float(np.percentile(means, SMALL_PERCENTILE))
            self._scale = next((scale for scale in REDUCED_SCALES if small * scale >= MIN_SMALL_SIDE_PX), 1.0)
            self._learned_at = t
            self.learned = True
            self._restart()
        elif len(self._sides) > MAX_TRACKS:
            self._restart()

    def _restart(self) -> None:
        self._sides.clear()
        self._long_tracks = 0


def scale_roi(roi: RegionOfInterest, scale: float) -> RegionOfInterest:
    """The same part of the frame at a share of its full scale."""
    if scale == 1:
        return roi
    full = roi.scaled_size[0] / roi.frame_size[0]
    left, top, width, height = (side / full for side in roi.window)
    return roi_at(roi.frame_size, (left, top, left + width, top + height), full * scale)
