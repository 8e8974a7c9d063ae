"""Traffic facts of a whole video or stream, as fast as the machine analyses it.

Drives the `CameraPipeline` of live cameras (docs/adr/0080-count-drives-the-camera-pipeline.md). Decoding, detection and
analysis overlap. No frame of a file is dropped.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event as Flag

import numpy as np

from analytics.camera import Camera
from analytics.detections import Detections, Tracks
from analytics.facts import Fact
from analytics.road_users import ROAD_USERS, RoadUser
from models.detection.detector import Detector, ImageParts, RgbImage
from models.gating.roi import choose_roi
from pipelines.addresses.address import Address
from pipelines.analysis.camera_pipeline import CameraPipeline
from pipelines.analysis.detection_request import DetectionRequest
from pipelines.analysis.view_gate import ViewGate, ViewQuality
from pipelines.analysis.view_store import has_geometry
from pipelines.config.settings import StreamConfig
from pipelines.errors import UserError
from pipelines.events.condition_text import english
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.recordings.read_ahead import read_ahead
from pipelines.recordings.video_reader import VideoReader

READ_AHEAD_FRAMES = 8
"""Decoded frames that wait for their analysis at most. [assumption]"""

FROZEN_S = StreamConfig().frozen_s
"""Seconds without a change in the image after which a camera counts as frozen: the default of a live camera."""

VIEW_CHECK_S = 0.2
"""Interval (s) of the view check: that of a live camera with 5 analysed frames a second. [assumption]"""

WITHHELD_GAP_S = 1.0
"""Frames withheld at most this far (s) apart belong to one span. [assumption]"""

FrameCallback = Callable[[TimedFrame, Tracks, Sequence[Fact]], None]
"""Receives each frame that was due for analysis, in order, with its tracks and the facts that became known.

A withheld frame has no tracks.
"""


@dataclass(slots=True)
class WithheldSpan:
    """Time without facts (s of the recording), because the view was unusable: see `pipelines.analysis.view_gate`."""

    from_s: float
    to_s: float
    reason: str = "the usual view was hidden or not recognised for a moment"


@dataclass(slots=True)
class CountResult:
    """Facts of a recording.

    frames: number in the recording. analysed_frames: number analysed; the others were not due, were withheld, were
    dropped from a live stream, or came after a stop. road_users: number of tracks by class.
    """

    frames: int = 0
    analysed_frames: int = 0
    duration_s: float = 0.0
    facts: list[Fact] = field(default_factory=list)
    road_users: dict[RoadUser, int] = field(default_factory=dict)
    withheld: list[WithheldSpan] = field(default_factory=list)

    def add_withheld(self, t: float, reason: str) -> None:
        """Add a withheld frame at `t` (s) to the last span, or to a new one after a gap."""
        if not self.withheld or t - self.withheld[-1].to_s > WITHHELD_GAP_S:
            self.withheld.append(WithheldSpan(t, t))
        span = self.withheld[-1]
        span.to_s, span.reason = t, reason or span.reason


def count_video(
    video: VideoReader,
    camera: Camera,
    detector: Detector,
    *,
    stop: Flag,
    analysis_fps: float = math.inf,
    gating: bool = False,
    larger_crops: bool = False,
    callbacks: Sequence[FrameCallback] = (),
) -> CountResult:
    """Analyse the video to its end, or until `stop` is set.

    analysis_fps: analysed frames a second at most. gating: run the detector only on regions that moved and are not
    tracked already (`models.gating.motion_gate`), one frame at a time. larger_crops: start with larger regions, for a
    network of which it is not known how much it finds in small ones.

    Facts come in the order of the frames. Raises UserError where no frame can be decoded.
    """
    roi = choose_roi(camera, analysis_fps=analysis_fps)
    pipeline = CameraPipeline(camera, roi=roi, gating=gating, larger_crops=larger_crops)
    frames = _DueFrames(video, camera, analysis_fps, plan=None if gating else pipeline.plan)
    run = _CountRun(pipeline, detector, callbacks)
    for frame in read_ahead(frames, READ_AHEAD_FRAMES, stop, drop_oldest=video.is_live):
        run.add(frame)
    if not frames.decoded and not stop.is_set():
        raise UserError(f"{Address.parse(video.source)}: not one frame can be decoded; is the video whole?")
    result = run.finish(frames.end_s)
    result.frames = frames.decoded + video.frames_without_image
    return result


@dataclass(frozen=True, slots=True)
class _DueFrame:
    """A frame to analyse.

    request: None for an unusable view, or where the request depends on the previous result. reason: why the frame is
    withheld, where that is no condition of the view.
    """

    frame: TimedFrame
    quality: ViewQuality
    request: DetectionRequest | None
    reason: str = ""


class _DueFrames:
    """Frames of a video that are due for analysis, with the quality of their view. Iterate once.

    plan: makes the detection request of a usable frame in the thread that reads. decoded: frames so far, due or not.
    end_s: time (s) at which the last of them ends.
    """

    def __init__(
        self,
        video: VideoReader,
        camera: Camera,
        analysis_fps: float,
        plan: Callable[[TimedFrame], DetectionRequest] | None,
    ) -> None:
        self._video = video
        self._analysis_fps = analysis_fps
        self._view = ViewGate(FROZEN_S, has_geometry=has_geometry(camera))
        self._plan = plan
        self.decoded = 0
        self.end_s = 0.0

    def __iter__(self) -> Iterator[_DueFrame]:
        due_at, check_at = 0.0, 0.0
        quality = ViewQuality(usable=True)
        for frame in self._video.frames(self._analysis_fps):
            self.decoded += 1
            self.end_s = frame.at + self._video.frame_s
            if frame.at < due_at - self._video.frame_s / 4:
                continue
            due_at = max(due_at + 1 / self._analysis_fps, frame.at)
            if frame.image_size != self._video.image_size:
                check_at = frame.at
                yield _DueFrame(frame, ViewQuality(usable=False), None, self._other_aspect(frame))
                continue
            if frame.at >= check_at:
                check_at = frame.at + VIEW_CHECK_S
                quality = self._view.update(frame.at, frame.video_frame)
            due, plan = quality.of(frame), self._plan if quality.usable else None
            yield _DueFrame(due, quality, None if plan is None else plan(due))

    def _other_aspect(self, frame: TimedFrame) -> str:
        first, changed = ("x".join(map(str, size)) for size in (self._video.image_size, frame.image_size))
        return (
            f"the frames changed from {first} to {changed}, another aspect; count that part with a geometry of its own"
        )


@dataclass(frozen=True, slots=True)
class _InFlight:
    """A request in the detector. detections: None where the motion gate needs none."""

    request: DetectionRequest
    detections: Future[Detections] | None

    @property
    def is_done(self) -> bool:
        return self.detections is None or self.detections.done()


class _CountRun:
    """Frames on their way through detector and pipeline, and the result so far."""

    def __init__(self, pipeline: CameraPipeline, detector: Detector, callbacks: Sequence[FrameCallback]) -> None:
        self._pipeline, self._detector, self._callbacks = pipeline, detector, callbacks
        self._result = CountResult()
        self._in_flight: deque[_InFlight] = deque()
        self._latest: tuple[RgbImage, Future[Detections]] | None = None

    def add(self, due: _DueFrame) -> None:
        """Analyse the frame, or withhold it where its view is unusable."""
        if due.request is None:
            self._complete_all()
        if not due.quality.usable:
            self._withhold(due)
            return
        request = due.request or self._pipeline.plan(due.frame)
        self._in_flight.append(
            _InFlight(request, None if request.image is None else self._detect(request.image, request.parts))
        )
        while self._in_flight and (len(self._in_flight) > 2 * self._detector.in_flight or self._in_flight[0].is_done):
            self._complete_oldest()

    def finish(self, t: float) -> CountResult:
        """Complete all requests, end the recording at `t` (s), and return the result."""
        self._complete_all()
        result, tracks = self._result, self._pipeline.ended_tracks
        result.duration_s = t
        result.facts += self._pipeline.finish(t).facts
        result.road_users = {road_user: tracks[road_user] for road_user in ROAD_USERS if tracks[road_user]}
        return result

    def _withhold(self, due: _DueFrame) -> None:
        condition = due.quality.condition
        self._result.add_withheld(due.frame.at, due.reason if condition is None else english(condition))
        self._report(due.frame, Tracks.empty(), self._pipeline.advance(due.frame.at).facts)

    def _detect(self, image: RgbImage, parts: ImageParts) -> Future[Detections]:
        # A video that was converted to a higher frame rate repeats images: use the same result.
        if self._latest is None or not np.array_equal(image, self._latest[0]):
            self._latest = image, self._detector.submit(image, parts)
        return self._latest[1]

    def _complete_all(self) -> None:
        while self._in_flight:
            self._complete_oldest()

    def _complete_oldest(self) -> None:
        oldest = self._in_flight.popleft()
        detections = None if oldest.detections is None else oldest.detections.result()
        analysed = self._pipeline.complete(oldest.request, detections)
        self._result.analysed_frames += 1
        self._report(oldest.request.frame, analysed.tracks, analysed.facts)

    def _report(self, frame: TimedFrame, tracks: Tracks, facts: list[Fact]) -> None:
        self._result.facts += facts
        for callback in self._callbacks:
            callback(frame, tracks, facts)
