"""Findings in the frames of one camera that the network was unsure of, from its detections and their tracks.

Four things are counted, each of which a label would settle:

- a detection little above the working confidence,
- a track that changed its class,
- a track that was missing for some frames and came back,
- a region that moved, and in which nothing was detected.

Reasons and measurements: docs/adr/0115-unsure-pictures.md.
"""

from dataclasses import dataclass

import numpy as np

from analytics.detections import Detections, Tracks
from models.tracking.tracker import LOST_AFTER_S
from pipelines.analysis.detection_request import DetectionRequest

UNSURE_BELOW = 0.4
"""Confidence, 0..1, below which a detection is unsure: it starts no track. [source: BIRTH_CONFIDENCE of
models.tracking.tracker]"""

MIN_SIDE_PX = 10.0
"""Smallest side of an unsure box, in pixels of the frame; smaller road users cannot be labelled well. [assumption]"""


@dataclass(frozen=True, slots=True)
class Unsureness:
    """Numbers of unsure findings of a frame, and of the frames between it and the one measured before."""

    weak_detections: int = 0
    class_changes: int = 0
    tracks_with_gaps: int = 0
    unexplained_regions: int = 0

    @property
    def score(self) -> int:
        """Sum of all findings."""
        return self.weak_detections + self.class_changes + self.tracks_with_gaps + self.unexplained_regions


@dataclass(frozen=True, slots=True)
class _Seen:
    """A track when it was last detected. frame: number of the frame. t: its time (s)."""

    frame: int
    t: float
    class_id: int


class UnsurenessMeter:
    """Unsure findings of one camera, frame by frame. Not thread-safe; memory is bounded by the tracks in view."""

    def __init__(self) -> None:
        self._frame = 0
        self._seen: dict[int, _Seen] = {}
        self._changed: set[int] = set()
        self._returned: set[int] = set()
        self._unexplained = 0

    def update(self, t: float, tracks: Tracks, request: DetectionRequest | None, found: Detections | None) -> None:
        """Add a frame. t: its time (s). request, found: as in `pipelines.analysis.camera_pipeline.PipelineResult`."""
        self._frame += 1
        self._seen = {track: seen for track, seen in self._seen.items() if 0 <= t - seen.t <= LOST_AFTER_S}
        for track_id, class_id in zip(tracks.track_id.tolist(), tracks.class_id.tolist(), strict=True):
            before = self._seen.get(track_id)
            if before is not None and before.class_id != class_id:
                self._changed.add(track_id)
            if before is not None and before.frame < self._frame - 1:
                self._returned.add(track_id)
            self._seen[track_id] = _Seen(self._frame, t, class_id)
        if request is not None and found is not None and not request.is_whole:
            empty = sum(not len(of_region) for of_region in request.by_region(found))
            self._unexplained = max(self._unexplained, empty)

    def measure(self, detections: Detections) -> Unsureness:
        """Return the findings since the last call. detections: of the whole latest frame, in its pixels."""
        weak = count_weak(detections)
        found = Unsureness(weak, len(self._changed), len(self._returned), self._unexplained)
        self._changed, self._returned, self._unexplained = set(), set(), 0
        return found


def count_weak(detections: Detections) -> int:
    """Return the number of unsure detections. detections: in pixels of the frame."""
    sides = detections.xyxy[:, 2:] - detections.xyxy[:, :2]
    large_enough = sides.min(axis=1, initial=np.inf) >= MIN_SIDE_PX
    return int(((detections.confidence < UNSURE_BELOW) & large_enough).sum())
