"""The analysis loop: one detector serves many cameras, each at its requested rate."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf
from queue import SimpleQueue
from threading import Event as Flag
from typing import Protocol

import structlog

from analytics.detections import Detections
from models.detection.detector import Detector
from pipelines.addresses.mask import without_credentials
from pipelines.analysis.camera_pipeline import CameraPipeline
from pipelines.analysis.detection_request import DetectionRequest
from pipelines.analysis.fair_scheduler import CameraShare, pick_next
from pipelines.analysis.picture_limits import PictureLimits
from pipelines.analysis.rate_control import AimdHeadroom, AnalysisRates, RateController
from pipelines.analysis.view_gate import ViewGate, ViewQuality
from pipelines.ingest.frame_buffer import LatestFrameSlot, TimedFrame

log = structlog.get_logger()

UNOBSERVED_AFTER_S = 2.0
"""Pipelines advance this far (s) behind the clock, so that a frame in flight is not overtaken. [assumption]"""

ADVANCE_EVERY_S = 1.0
"""Interval (s) at which pipelines learn that time has passed. [assumption]"""

MAX_WAIT_S = 0.25
"""Longest sleep (s) of the loop without a wake-up; bounds its reaction to a stop. [assumption]"""

NEW_TRACKS_S = 1.0
"""Time (s) after a change of the frame size that counts as not observed: vehicles near a gate have new tracks, which
may be too short to count. [assumption]"""

RETRY_S = 10.0
"""Pause (s) of a camera's analysis after an error. [assumption]"""

FINISH_WITHIN_S = 1.0
"""Time (s) at the end for requests in flight; a stopped worker must end within 2 s. [assumption]"""

MakePipeline = Callable[[tuple[int, int]], CameraPipeline]
"""Receives the frame's (width, height). Raises ValueError where the camera's geometry does not fit."""


@dataclass(frozen=True, slots=True)
class FrameMeasurement:
    """Measurements of one analysed frame.

    taken_at: time of capture (Unix seconds). inferred: whether the detector ran. waited_s: time (s) from the arrival of
    the frame to its events; None where the arrival is unknown. max_scale: largest input scale that overload allowed.
    pixels: of the image in the detector. cpu_s: time (s) of the analysis thread, without the detector's threads.
    """

    taken_at: float
    inferred: bool
    waited_s: float | None
    max_scale: float = 1.0
    pixels: int = 0
    cpu_s: float = 0.0


class AnalysisObserver(Protocol):
    """Receives what the loop finds about one camera, in the loop's thread."""

    def set_requested_rate(self, fps: float) -> None:
        """The traffic requests `fps` analysed frames a second from now on."""
        ...

    def view_assessed(self, quality: ViewQuality) -> None:
        """The view of a frame was assessed; the frame is analysed only if it is usable."""
        ...

    def frame_analysed(self, frame: FrameMeasurement) -> None:
        """The events of a frame were emitted."""
        ...

    def geometry_mismatch(self, error: ValueError) -> None:
        """The camera's geometry does not fit its frames; `analytics.camera.OutsideFrame` where a point is outside."""
        ...

    def analysis_failed(self, error: str) -> None:
        """The analysis of a frame raised an error."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSlot:
    """One camera of the analysis loop, as all threads share it: immutable, with a thread-safe frame slot.

    What changes with each frame belongs to the loop, which makes it: `make_view_gate` is called once, `make_pipeline`
    for each frame size.
    """

    camera_id: str
    frames: LatestFrameSlot
    observer: AnalysisObserver
    make_pipeline: MakePipeline
    make_view_gate: Callable[[], ViewGate]


class _GeometryMismatch(Exception):
    """The camera's geometry does not fit its frames. cause: the error of `make_pipeline`."""

    def __init__(self, cause: ValueError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _CameraState:
    """State of one camera that only the loop's thread reads and writes.

    retry_at: `time.monotonic` seconds. resized_at: time of the first frame of the present size, after another size.
    """

    __slots__ = (
        "in_flight", "max_scale", "pipeline", "rate", "removed", "resized_at", "retry_at", "share", "slot", "view",
    )  # fmt: skip

    def __init__(self, slot: CameraSlot, rate: RateController) -> None:
        self.slot = slot
        self.rate = rate
        self.view = slot.make_view_gate()
        self.share = CameraShare(rate.request)
        self.pipeline: CameraPipeline | None = None
        self.retry_at = 0.0
        self.resized_at = -inf
        self.max_scale = 1.0
        self.in_flight = False
        self.removed: Flag | None = None  # to be set once the camera is no longer analysed
        self.publish_rate()

    def publish_rate(self) -> None:
        """Pass the requested rate to the scheduler, the decoder and the observer."""
        request = self.rate.request
        self.share.request = request
        self.slot.frames.request(request.fps)
        self.slot.observer.set_requested_rate(request.fps)


@dataclass(frozen=True, slots=True)
class _InFlight:
    """A request in the detector. cpu_s: time (s) that the analysis thread has spent on it."""

    camera: _CameraState
    pipeline: CameraPipeline
    request: DetectionRequest
    result: Future[Detections]
    cpu_s: float


class AnalysisLoop:
    """Analyses each camera's latest frame at its requested rate, and by fair share under overload. Nothing queues.

    An error of one camera is logged, reported to its observer, and retried; other cameras are not affected.
    """

    def __init__(self, detector: Detector, slots: Sequence[CameraSlot], wake: Flag, rates: AnalysisRates) -> None:
        """wake: set after each `put` into a slot's `frames`. rates: of each camera."""
        self._detector = detector
        self._rates = rates
        self._headroom = AimdHeadroom(max_delay_s=1 / rates.usual_fps)
        self._cameras = [_CameraState(slot, RateController(rates, self._headroom)) for slot in slots]
        self._limits = PictureLimits(len(slots))
        self._changes: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._analysed = 0
        self._wake = wake
        self._done: deque[_InFlight] = deque()
        self._in_flight = 0
        self._advanced_at = 0.0

    def add(self, slot: CameraSlot) -> None:
        """Analyse a further camera. Thread-safe."""
        self._change(lambda: self._add(slot))

    def remove(self, camera_id: str) -> Flag:
        """Analyse a camera no more, and return the flag that is set once its last events were emitted. Thread-safe."""
        removed = Flag()
        self._change(lambda: self._mark_removed(camera_id, removed))
        return removed

    def run(self, stop: Flag) -> None:
        """Analyse frames until `stop` is set, then finish what is in flight."""
        while not stop.is_set():
            self._wake.clear()
            self._complete_done()
            self._apply_changes()
            self._advance_time()
            now = time.monotonic()
            ready = [
                c for c in self._cameras if c.slot.frames and not c.in_flight and not c.removed and c.retry_at <= now
            ]
            has_capacity = self._in_flight < self._detector.in_flight
            camera = pick_next(((c.share, c) for c in ready), now) if has_capacity else None
            if camera is None:
                # A stored frame that is not due yet sets the sleep; every other change wakes the loop.
                waits = [c.share.due_at() - now for c in ready]
                self._wake.wait(min([MAX_WAIT_S, *(wait for wait in waits if wait > 0)]))
            else:
                self._analyse_latest(camera, now)
        self._finish()

    def _change(self, change: Callable[[], None]) -> None:
        self._changes.put(change)
        self._wake.set()

    def _apply_changes(self) -> None:
        """Add and remove cameras. One whose frame is in the detector is removed after that."""
        while not self._changes.empty():
            self._changes.get()()
        for camera in [c for c in self._cameras if c.removed and not c.in_flight]:
            number = self._cameras.index(camera)
            del self._cameras[number]
            self._limits.remove(number)
            self._finish_camera(camera)

    def _add(self, slot: CameraSlot) -> None:
        self._cameras.append(_CameraState(slot, RateController(self._rates, self._headroom)))
        self._limits.add()

    def _mark_removed(self, camera_id: str, removed: Flag) -> None:
        found = [c for c in self._cameras if c.slot.camera_id == camera_id and not c.removed]
        if not found:
            removed.set()
        for camera in found:
            camera.removed = removed

    def _finish_camera(self, camera: _CameraState) -> None:
        """Emit the last events of a camera whose frames are all completed."""
        with self._isolated(camera):
            if camera.pipeline is not None:
                camera.pipeline.finish(time.time())
        camera.view.close()
        if camera.removed is not None:
            camera.removed.set()

    def _analyse_latest(self, camera: _CameraState, now: float) -> None:
        camera.share.spend(now)
        frame = camera.slot.frames.pop()
        if frame is None:
            return
        with self._isolated(camera):
            self._start(camera, frame)

    def _start(self, camera: _CameraState, frame: TimedFrame) -> None:
        began = time.thread_time()
        # The pipeline is made for unusable views too: it reports their time as unobserved.
        pipeline = self._pipeline_for(camera, frame)
        quality = camera.view.update(frame.at, frame.video_frame)
        camera.slot.observer.view_assessed(quality)
        if not quality.usable:
            return
        request = pipeline.plan(self._with_doubt(camera, frame, quality), camera.max_scale)
        if request.image is None:
            self._complete(camera, pipeline, request, None, time.thread_time() - began)
            return
        result = self._detector.submit(request.image, request.parts)
        in_flight = _InFlight(camera, pipeline, request, result, time.thread_time() - began)
        camera.in_flight = True
        self._in_flight += 1
        in_flight.result.add_done_callback(lambda _: self._announce(in_flight))

    def _with_doubt(self, camera: _CameraState, frame: TimedFrame, quality: ViewQuality) -> TimedFrame:
        """Return the frame with the doubt that vehicles which cross during it are counted."""
        frame = quality.of(frame)
        if camera.resized_at <= frame.at < camera.resized_at + NEW_TRACKS_S:
            return replace(frame, doubt_s=0.0)
        return frame

    def _pipeline_for(self, camera: _CameraState, frame: TimedFrame) -> CameraPipeline:
        """Return the camera's pipeline, a new one after a change of the frame size. Raises _GeometryMismatch."""
        if camera.pipeline is not None and camera.pipeline.image_size != frame.image_size:
            camera.pipeline.finish(frame.at)
            camera.pipeline = None
            camera.resized_at = frame.at
        if camera.pipeline is None:
            try:
                camera.pipeline = camera.slot.make_pipeline(frame.image_size)
            except ValueError as error:
                raise _GeometryMismatch(error) from error
        return camera.pipeline

    def _announce(self, done: _InFlight) -> None:
        """Hand a finished request to the loop's thread; called in a thread of the detector."""
        self._done.append(done)
        self._wake.set()

    def _complete_done(self) -> None:
        while self._done:
            done = self._done.popleft()
            self._in_flight -= 1
            done.camera.in_flight = False
            with self._isolated(done.camera):
                self._complete(done.camera, done.pipeline, done.request, done.result.result(), done.cpu_s)

    def _complete(
        self,
        camera: _CameraState,
        pipeline: CameraPipeline,
        request: DetectionRequest,
        detections: Detections | None,
        cpu_s: float,
    ) -> None:
        began = time.thread_time()
        tracks = pipeline.complete(request, detections).tracks
        frame = request.frame
        camera.rate.update(frame.at, tracks)  # also without the detector: tracks move by template matching
        camera.publish_rate()
        now = time.monotonic()
        waited_s = None if frame.arrived is None else now - frame.arrived
        image, cpu_s = request.image, cpu_s + time.thread_time() - began
        pixels = 0 if image is None else image.shape[0] * image.shape[1]
        camera.slot.observer.frame_analysed(
            FrameMeasurement(frame.at, image is not None, waited_s, camera.max_scale, pixels, cpu_s)
        )
        self._analysed += 1
        if waited_s is not None:
            self._headroom.update(now, waited_s)

    @contextmanager
    def _isolated(self, camera: _CameraState) -> Iterator[None]:
        """Keep an error within the block from affecting other cameras."""
        try:
            yield
        except Exception as error:
            self._failed(camera, error)

    def _failed(self, camera: _CameraState, error: Exception) -> None:
        reason = without_credentials(str(error) or type(error).__name__)
        camera.retry_at = time.monotonic() + RETRY_S
        camera.pipeline = None
        if isinstance(error, _GeometryMismatch):
            camera.slot.observer.geometry_mismatch(error.cause)
            log.error("the camera's geometry does not fit its frames", camera=camera.slot.camera_id, reason=reason)
        else:
            camera.slot.observer.analysis_failed(reason)
            log.exception("analysis failed", camera=camera.slot.camera_id)

    def _advance_time(self) -> None:
        now = time.time()
        if 0 <= now - self._advanced_at < ADVANCE_EVERY_S:
            return
        self._advanced_at = now
        self._limit_pictures()
        self._for_each_idle_pipeline(lambda pipeline: pipeline.advance(now - UNOBSERVED_AFTER_S))

    def _limit_pictures(self) -> None:
        missed = sum(camera.slot.frames.pop_missed() for camera in self._cameras)
        sides = [None if c.pipeline is None else c.pipeline.small_side_px for c in self._cameras]
        self._limits.update(self._analysed, missed, sides)
        self._analysed = 0
        for camera, scale in zip(self._cameras, self._limits.scales, strict=True):
            camera.max_scale = scale

    def _for_each_idle_pipeline(self, action: Callable[[CameraPipeline], object]) -> None:
        for camera in self._cameras:
            if camera.pipeline is not None and not camera.in_flight:
                with self._isolated(camera):
                    action(camera.pipeline)

    def _finish(self) -> None:
        deadline = time.monotonic() + FINISH_WITHIN_S
        while self._in_flight and time.monotonic() < deadline:
            self._wake.clear()
            self._complete_done()
            self._wake.wait(0.05)
        self._complete_done()
        for camera in self._cameras:
            if camera.in_flight:
                camera.pipeline = None  # its frame may still be completed
            self._finish_camera(camera)
