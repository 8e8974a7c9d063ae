"""Frames of one camera that are offered to the picture keeper: few, and only such with an unsure finding."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analytics.detections import Detections
from pipelines.analysis.camera_pipeline import PipelineResult
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.learning.unsureness import Unsureness, UnsurenessMeter

Rectangle = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels of the frame."""


@dataclass(frozen=True, slots=True)
class OfferedFrame:
    """A frame that may be kept.

    region: the part of it that the detector processes. detections: in pixels of that part. found: unsure findings.
    """

    camera: str
    frame: TimedFrame
    region: Rectangle
    detections: Detections
    found: Unsureness


class FrameOffers:
    """Offers of one camera, at most one in `every_s` seconds of its frames. Not thread-safe.

    offer: takes a frame without waiting, and returns whether it had room for it.
    """

    def __init__(self, camera: str, every_s: float, offer: Callable[[OfferedFrame], bool]) -> None:
        self._camera = camera
        self._every_s = every_s
        self._offer = offer
        self._meter = UnsurenessMeter()
        self._offered_at: float | None = None

    def observe(self, result: PipelineResult) -> None:
        """Offer the frame of a result, if an offer is due, the whole region was detected and a finding is unsure."""
        frame, request, detections = result.frame, result.request, result.detections
        if frame is None:
            return
        self._meter.update(frame.at, result.tracks, request, detections)
        if request is None or detections is None or not request.is_whole:
            return
        in_frame = request.by_region(detections)[0]
        found = self._meter.measure(in_frame)
        is_due = self._offered_at is None or not 0 <= frame.at - self._offered_at < self._every_s
        if not is_due or not found.score:
            return
        left, top, right, bottom = region = request.frame_region
        size = np.array([right - left, bottom - top] * 2, np.float32)
        boxes = np.clip(in_frame.xyxy - np.array([left, top] * 2, np.float32), 0, size)
        in_region = Detections(boxes, in_frame.confidence, in_frame.class_id)
        if self._offer(OfferedFrame(self._camera, frame, region, in_region, found)):
            self._offered_at = frame.at
