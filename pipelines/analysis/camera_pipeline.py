"""Pipeline of one camera from frames to tracks and traffic facts, without threads."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from analytics.camera import Camera
from analytics.camera_analyzer import CameraAnalyzer
from analytics.detections import Detections, Tracks
from analytics.facts import Fact
from analytics.road_users import RoadUser
from models.gating.roi import RegionOfInterest, choose_roi
from pipelines.analysis.detection_request import DetectionRequest
from pipelines.analysis.perception import CameraPerception
from pipelines.ingest.frame_buffer import TimedFrame

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """New facts, with the frame and the tracks that they come from. frame: None where only time passed.

    request, detections: what the detector was given of the frame, and its result in pixels of `request.image`; both
    None where it did not run.
    """

    facts: list[Fact]
    tracks: Tracks = field(default_factory=Tracks.empty)
    frame: TimedFrame | None = None
    request: DetectionRequest | None = None
    detections: Detections | None = None


class CameraPipeline:
    """Perception and traffic analysis of one camera at one frame size.

    `plan` returns a detection request for a frame; `complete` consumes it with the detector's result. A wrong order
    raises RequestOrderError (rules: `CameraPerception`). After any other error the pipeline must be replaced.
    Not thread-safe, except that without gating one thread may plan while another calls the other methods.

    roi: by default chosen from the camera's geometry. small_side_px: as an earlier run learned it; None for none.
    larger_crops: start with larger crops (`models.gating.crop_size`).
    on_result: receives every result before the method returns it.
    """

    def __init__(
        self,
        camera: Camera,
        *,
        roi: RegionOfInterest | None = None,
        gating: bool = True,
        on_result: Callable[[PipelineResult], None] = lambda result: None,
        small_side_px: float | None = None,
        larger_crops: bool = False,
    ) -> None:
        self.image_size = camera.image_size
        self._camera_id = camera.id
        roi = roi or choose_roi(camera)
        self._perception = CameraPerception(
            camera, roi, gating=gating, small_side_px=small_side_px, larger_crops=larger_crops
        )
        self._analyzer = CameraAnalyzer(camera)
        self._on_result = on_result

    @property
    def ended_tracks(self) -> Counter[RoadUser]:
        """Number of tracks that ended so far, by class."""
        return self._analyzer.ended_tracks

    @property
    def small_side_px(self) -> float | None:
        """Side of a small road user at full input scale, detector pixels; None before it is learned."""
        return self._perception.small_side_px

    @property
    def learned_side_px(self) -> float | None:
        """The same where this run has learned it; None before."""
        return self._perception.learned_side_px

    def plan(self, frame: TimedFrame, max_scale: float = 1.0) -> DetectionRequest:
        """Choose what the detector must process of the frame; `request.image` is None where nothing must be.

        max_scale: largest input scale, 0 < max_scale <= 1; has no effect without gating.
        """
        return self._perception.plan(frame, max_scale)

    def complete(self, request: DetectionRequest, detections: Detections | None) -> PipelineResult:
        """Analyse the frame. detections: in pixels of `request.image`; None without an image."""
        crops_before = self._perception.crop_size.changes
        perceived = self._perception.complete(request, detections)
        if self._perception.crop_size.changes != crops_before:
            self._log_crop_size()
        frame = request.frame
        facts = self._analyzer.observe(frame.at, perceived.tracks, perceived.sight, doubt_s=frame.doubt_s)
        ran = request if detections is not None else None
        return self._deliver(PipelineResult(facts, perceived.tracks, frame, ran, detections))

    def advance(self, t: float) -> PipelineResult:
        """Report the time up to `t` (s, the clock of the frames) without frames as unobserved."""
        return self._deliver(PipelineResult(self._analyzer.advance(t)))

    def finish(self, t: float) -> PipelineResult:
        """Close all open intervals and incidents at `t` (s, the clock of the frames)."""
        return self._deliver(PipelineResult(self._analyzer.finish(t)))

    def _log_crop_size(self) -> None:
        size = self._perception.crop_size
        change = {"camera": self._camera_id, "least_side_px": size.least_side_px or "whole frames"}
        if size.was_weak:
            log.warning("the network misses in crops what it finds in whole frames", found=size.found_share, **change)
        else:
            log.info("smaller crops are tried again", **change)

    def _deliver(self, result: PipelineResult) -> PipelineResult:
        self._on_result(result)
        return result
