"""Perception of one camera from frames to tracks and evidence of sight: region of interest, motion gate, tracker."""

from dataclasses import dataclass

from analytics.camera import Camera
from analytics.detections import Detections, Tracks
from analytics.sight import SightEvidence
from models.gating.block_motion import block_means
from models.gating.crop_size import CropSize
from models.gating.input_scale import AdaptiveInputScale, scale_roi
from models.gating.motion_gate import MotionGate
from models.gating.roi import RegionOfInterest
from models.packing.crop_collage import make_collage
from models.sight.sight_meter import SightMeter
from models.tracking.tracker import make_tracker
from pipelines.analysis.detection_request import DetectionRequest, RequestOrderError
from pipelines.analysis.frame_convert import FrameConverter
from pipelines.ingest.frame_buffer import TimedFrame


@dataclass(frozen=True, slots=True)
class Perceived:
    """Tracks present in a frame. sight: what the detector misses; None where the frame has no evidence."""

    tracks: Tracks
    sight: SightEvidence | None


class CameraPerception:
    """Plan detection requests for frames, and turn their results into tracks.

    gating: request detection only for regions that moved and are not tracked already (`models.gating.motion_gate`).
    Each request must then be completed before the next is planned. Without gating, every request covers the whole ROI.
    Several may then be in flight, may be dropped, and must be completed in the order of their plans; one thread may
    plan while another completes. Both methods raise RequestOrderError for a wrong order.
    """

    def __init__(
        self,
        camera: Camera,
        roi: RegionOfInterest,
        *,
        gating: bool,
        small_side_px: float | None = None,
        larger_crops: bool = False,
    ) -> None:
        """small_side_px: side of a small road user as an earlier run learned it; None where none did.

        larger_crops: start with larger crops (`models.gating.crop_size`).
        """
        self._camera = camera
        self._full_roi = roi
        detector_pixels = roi.scaled_size[0] / roi.frame_size[0]
        self._input_scale = AdaptiveInputScale(detector_pixels, small_side_px) if gating else None
        self._scale = 1.0
        self.crop_size = CropSize(larger=larger_crops)
        self._planned = self._completed = 0
        self._reset_roi(roi)
        self._tracker = make_tracker(camera)

    @property
    def small_side_px(self) -> float | None:
        """Side of a small road user at full input scale, detector pixels; None before it is learned."""
        return None if self._input_scale is None else self._input_scale.small_side_px

    @property
    def learned_side_px(self) -> float | None:
        """The same where this run has learned it; None before."""
        return None if self._input_scale is None or not self._input_scale.learned else self._input_scale.small_side_px

    def _reset_roi(self, roi: RegionOfInterest) -> None:
        """Drop the motion gate's state; keep the tracks and the size of crops."""
        self._roi = roi
        self._converter = FrameConverter(roi)
        self._whole_roi = make_collage([(0, 0, *roi.window[2:])])
        self._gate = None if self._input_scale is None else MotionGate(roi, self.crop_size)
        self._sight = SightMeter(self._camera, roi)

    def plan(self, frame: TimedFrame, max_scale: float = 1.0) -> DetectionRequest:
        """Choose what the detector must process of the frame. max_scale: largest input scale, with gating."""
        if self._gate is not None and self._planned != self._completed:
            raise RequestOrderError("the motion gate needs the result of one request before it plans the next")
        self._planned += 1
        t, number = frame.at, self._planned
        if self._input_scale is not None:
            self._set_scale(min(max_scale, self._input_scale.scale_at(t)))
        grey = self._converter.to_grey(frame.video_frame)
        thumbnail = block_means(grey)
        if self._gate is None:
            image = self._converter.to_rgb(frame.video_frame)
            return DetectionRequest(frame, thumbnail, image, self._whole_roi, self._roi, self, number)
        regions = self._gate.select_regions(t, grey, thumbnail)
        if not regions:
            return DetectionRequest(frame, thumbnail, None, None, self._roi, self, number)
        collage = make_collage(regions)
        image = self._converter.to_collage(frame.video_frame, collage)
        return DetectionRequest(frame, thumbnail, image, collage, self._roi, self, number)

    def _set_scale(self, scale: float) -> None:
        if scale != self._scale:
            self._scale = scale
            self._reset_roi(scale_roi(self._full_roi, scale))

    def complete(self, request: DetectionRequest, detections: Detections | None) -> Perceived:
        """Return what was perceived in the frame. Raises RequestOrderError.

        detections: in pixels of `request.image`; None exactly where the request has no image, else ValueError.
        """
        if request.issuer is not self:
            raise RequestOrderError("the request was planned by another camera's perception")
        if request.number <= self._completed:
            raise RequestOrderError(f"request {request.number} is completed after request {self._completed}")
        if (request.image is None) != (detections is None):
            raise ValueError("expected detections exactly for a request with an image")
        t, collage = request.frame.at, request.collage
        by_region = [] if collage is None or detections is None else collage.split(detections.measured())
        if self._gate is None or self._input_scale is None:
            tracks = self._tracker.update(t, request.roi.to_frame(by_region[0]))
        else:
            in_frame = self._gate.merge_detections(collage.regions if collage else (), by_region)
            tracks = self._tracker.update(t, in_frame)
            self._gate.update_tracks(t, tracks)
            if self._scale == 1:
                self._input_scale.update(t, tracks)
        self._completed = request.number
        return Perceived(tracks, self._sight.measure(t, request.thumbnail, tracks))
