"""Identity over time: which box in this frame is which road user of the frames before."""

from typing import Protocol

import numpy as np
import supervision as sv
from trackers import ByteTrackTracker

from analytics.camera import Camera
from analytics.detections import Detections, Tracks


class Tracker(Protocol):
    """Follows road users through the frames of one camera. Not thread-safe; one for each camera."""

    def update(self, t: float, detections: Detections) -> Tracks:
        """Take the detections of the frame at `t` seconds; return those whose road user is known."""
        ...


def make_tracker(camera: Camera) -> Tracker:
    """The tracker that suits the camera: in ground metres where it is calibrated."""
    return ByteTracker()


class ByteTracker:
    """ByteTrack behind our interface."""

    def __init__(self) -> None:
        self._tracker = ByteTrackTracker(track_activation_threshold=0.4, high_conf_det_threshold=0.4)

    def update(self, t: float, detections: Detections) -> Tracks:
        tracked = self._tracker.update(
            sv.Detections(
                xyxy=detections.xyxy.copy(),
                confidence=detections.confidence.copy(),
                class_id=detections.class_id.copy(),
            )
        )
        if tracked.tracker_id is None or not len(tracked):
            return Tracks.empty()
        known = tracked.tracker_id >= 0
        return Tracks(
            xyxy=tracked.xyxy[known].astype(np.float32),
            confidence=tracked.confidence[known].astype(np.float32),
            class_id=tracked.class_id[known].astype(np.int64),
            track_id=tracked.tracker_id[known].astype(np.int64),
        )
