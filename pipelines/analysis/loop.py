"""One detector looks at many cameras in turn."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event as Flag

import structlog

from analytics.detections import Detections
from models.detection.detector import Detector
from pipelines.analysis.camera_pipeline import CameraPipeline, PendingFrame
from pipelines.analysis.fair_scheduler import CameraShare, pick_next
from pipelines.analysis.rate_control import AimdHeadroom, RateController
from pipelines.analysis.view_gate import ViewGate
from pipelines.ingest.frame_buffer import LatestFrameSlot, TimedFrame
from pipelines.logging import without_credentials
from pipelines.worker.camera_health import CameraHealth

log = structlog.get_logger()

UNOBSERVED_AFTER_S = 2.0
"""Cameras are told that time has passed this much later, so that a frame on its way is not overtaken."""
LONGEST_WAIT_S = 0.25
RETRY_S = 10.0
FINISH_WITHIN_S = 1.0

MakePipeline = Callable[[tuple[int, int]], CameraPipeline]
"""Is given the picture's (width, height). Raises ValueError where the camera's geometry does not fit."""


@dataclass(slots=True, kw_only=True)
class CameraSlot:
    """A camera as the analysis_loop sees it; only the looker's thread touches `view` and what is below.

    share: what of the detector's time it may have. retry_at: when to look again after a failure (monotonic seconds).
    busy: a look is under way.
    """

    camera_id: str
    frames: LatestFrameSlot
    health: CameraHealth
    make_analysis: MakePipeline
    rate: RateController
    view: ViewGate
    share: CameraShare = field(init=False)
    analysis: CameraPipeline | None = None
    retry_at: float = 0.0
    busy: bool = False

    def __post_init__(self) -> None:
        self.share = CameraShare(self.rate.request)

    def wanted_rate(self) -> float:
        """Looks a second that the camera wants at present. For any thread."""
        return self.share.request.per_s


class _GeometryMismatch(ValueError):
    """The camera's geometry does not fit its picture."""


@dataclass(frozen=True, slots=True)
class _InFlight:
    slot: CameraSlot
    analysis: CameraPipeline
    look: PendingFrame
    result: Future[Detections] = field(compare=False)


class AnalysisLoop:
    """Takes each camera's newest frame as often as it wants, and in turn where time is short; nothing queues up.

    What goes wrong with one camera is logged, told to its health, and tried again; the others never notice.
    """

    def __init__(self, detector: Detector, slot: Sequence[CameraSlot], wake: Flag, room: AimdHeadroom) -> None:
        """wake: set by whoever puts a frame into one of the buffers. room: is told how long frames take."""
        self._detector = detector
        self._slots = slot
        self._wake = wake
        self._room = room
        self._done: deque[_InFlight] = deque()
        self._under_way = 0
        self._told_time_at = 0.0

    def run(self, stop: Flag) -> None:
        while not stop.is_set():
            self._wake.clear()
            self._conclude_done()
            self._let_time_pass()
            now = time.monotonic()
            ready = [w for w in self._slots if w.frames and not w.busy and w.retry_at <= now]
            has_room = self._under_way < self._detector.in_flight
            slot = pick_next(((w.share, w) for w in ready), now) if has_room else None
            if slot is None:
                # A frame that is there but not due yet sets the time; everything else wakes us.
                waits = [w.share.due_at() - now for w in ready]
                self._wake.wait(min([LONGEST_WAIT_S, *(wait for wait in waits if wait > 0)]))
            else:
                self._look(slot, now)
        self._finish()

    def _look(self, slot: CameraSlot, now: float) -> None:
        slot.share.take(now)
        frame = slot.frames.pop()
        if frame is None:
            return
        with self._failing_alone(slot):
            self._start(slot, frame)

    def _start(self, slot: CameraSlot, frame: TimedFrame) -> None:
        # Made even where nothing may be analysed: it is what says that nothing was observed.
        analysis = self._analysis_for(slot, frame)
        fitness = slot.view.update(frame.at, frame.picture)
        slot.health.view_assessed(fitness)
        if not fitness.usable:
            return
        look = analysis.look(frame)
        if look.image is None:
            self._conclude(slot, analysis, look, None)
            return
        under_way = _InFlight(slot, analysis, look, self._detector.submit(look.image))
        slot.busy = True
        self._under_way += 1
        under_way.result.add_done_callback(lambda _: self._announce(under_way))

    def _analysis_for(self, slot: CameraSlot, frame: TimedFrame) -> CameraPipeline:
        """A new one where the picture's size has changed. Raises _GeometryMismatch."""
        if slot.analysis is not None and slot.analysis.image_size != frame.image_size:
            slot.analysis.finish(frame.at)
            slot.analysis = None
        if slot.analysis is None:
            try:
                slot.analysis = slot.make_analysis(frame.image_size)
            except ValueError as error:
                raise _GeometryMismatch(str(error)) from error
        return slot.analysis

    def _announce(self, look: _InFlight) -> None:
        self._done.append(look)
        self._wake.set()

    def _conclude_done(self) -> None:
        while self._done:
            look = self._done.popleft()
            self._under_way -= 1
            look.slot.busy = False
            with self._failing_alone(look.slot):
                self._conclude(look.slot, look.analysis, look.look, look.result.result())

    def _conclude(
        self, slot: CameraSlot, analysis: CameraPipeline, look: PendingFrame, found: Detections | None
    ) -> None:
        tracks = analysis.conclude(look, found)
        held, frame = look.image is None, look.frame
        slot.rate.update(frame.at, tracks)  # road users who move are followed without the detector, too
        slot.share.request = slot.rate.request
        slot.health.set_requested_rate(slot.share.request.per_s)
        now = time.monotonic()
        waited_s = None if frame.arrived is None else now - frame.arrived
        slot.health.analysed(frame.at, held=held, waited_s=waited_s)
        if waited_s is not None:
            self._room.concluded(now, waited_s)

    @contextmanager
    def _failing_alone(self, slot: CameraSlot) -> Iterator[None]:
        """Whatever goes wrong within is this camera's, and the others never notice."""
        try:
            yield
        except Exception as error:
            self._failed(slot, error)

    def _failed(self, slot: CameraSlot, error: Exception) -> None:
        reason = without_credentials(str(error) or type(error).__name__)
        slot.health.failed(reason)
        slot.retry_at = time.monotonic() + RETRY_S
        slot.analysis = None
        if isinstance(error, _GeometryMismatch):
            log.error("camera cannot be analysed", camera=slot.camera_id, reason=reason)
        else:
            log.exception("analysis failed", camera=slot.camera_id)

    def _let_time_pass(self) -> None:
        now = time.time()
        if 0 <= now - self._told_time_at < 1.0:
            return
        self._told_time_at = now
        for slot in self._slots:
            self._tell_time(slot, lambda analysis: analysis.advance(now - UNOBSERVED_AFTER_S))

    def _tell_time(self, slot: CameraSlot, tell: Callable[[CameraPipeline], None]) -> None:
        if slot.analysis is None or slot.busy:
            return
        with self._failing_alone(slot):
            tell(slot.analysis)

    def _finish(self) -> None:
        deadline = time.monotonic() + FINISH_WITHIN_S
        while self._under_way and time.monotonic() < deadline:
            self._wake.clear()
            self._conclude_done()
            self._wake.wait(0.05)
        self._conclude_done()
        for slot in self._slots:
            self._tell_time(slot, lambda analysis: analysis.finish(time.time()))
            slot.view.close()
