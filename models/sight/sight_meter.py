"""Evidence of each frame about what the detector misses: hidden parts of the road, and motion without a track."""

import numpy as np

from analytics.camera import Camera
from analytics.detections import Tracks
from analytics.sight import SightEvidence
from models.gating.block_motion import Thumbnail
from models.gating.roi import RegionOfInterest
from models.sight.hidden_road import hidden_share
from models.sight.moving_objects import MovingObjects
from models.sight.road_blocks import road_blocks

SAMPLE_S = 0.15
"""Least time between two samples, seconds: most road users then move by a block [assumption]."""


class SightMeter:
    """Meter of one camera at one region of interest. Not thread-safe; frames come in the order of their time."""

    def __init__(self, camera: Camera, roi: RegionOfInterest) -> None:
        self._road = road_blocks(camera, roi)
        self._objects = MovingObjects(roi, self._road)
        self._t: float | None = None

    def measure(self, t: float, thumbnail: Thumbnail, tracks: Tracks) -> SightEvidence | None:
        """Evidence of the frame at `t` seconds; None where it follows the previous sample too soon.

        thumbnail: of the region of interest (`models.gating.block_motion.block_means`). tracks: of the frame.
        """
        passed_s = np.inf if self._t is None else t - self._t
        if 0 <= passed_s < SAMPLE_S:
            return None
        self._t = t
        tracked, untracked = self._objects.count(passed_s, thumbnail, tracks)
        step_s = passed_s if 0 < passed_s < np.inf else SAMPLE_S
        return SightEvidence(step_s, tracked, untracked, hidden_share(thumbnail[self._road]))
