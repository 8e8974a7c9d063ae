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
from pipelines.analysis.camera_pipeline import CameraAnalysis, Look
from pipelines.analysis.fair_scheduler import Claim, whose_turn
from pipelines.analysis.rate_control import Pace, Room
from pipelines.analysis.view_gate import CameraView
from pipelines.ingest.frame_buffer import NewestFrame, TimedFrame
from pipelines.logging import without_credentials
from pipelines.worker.camera_health import CameraHealth

log = structlog.get_logger()

UNOBSERVED_AFTER_S = 2.0
"""Cameras are told that time has passed this much later, so that a frame on its way is not overtaken."""
LONGEST_WAIT_S = 0.25
RETRY_S = 10.0
FINISH_WITHIN_S = 1.0

MakeAnalysis = Callable[[tuple[int, int]], CameraAnalysis]
"""Is given the picture's (width, height). Raises ValueError where the camera's geometry does not fit."""


@dataclass(slots=True, kw_only=True)
class Watched:
    """A camera as the looker sees it; only the looker's thread touches `view` and what is below.

    claim: what of the detector's time it may have. retry_at: when to look again after a failure (monotonic seconds).
    busy: a look is under way.
    """

    camera_id: str
    frames: NewestFrame
    health: CameraHealth
    make_analysis: MakeAnalysis
    pace: Pace
    view: CameraView
    claim: Claim = field(init=False)
    analysis: CameraAnalysis | None = None
    retry_at: float = 0.0
    busy: bool = False

    def __post_init__(self) -> None:
        self.claim = Claim(self.pace.wish)

    def wanted_rate(self) -> float:
        """Looks a second that the camera wants at present. For any thread."""
        return self.claim.wish.per_s


class _Misdrawn(ValueError):
    """The camera's geometry does not fit its picture."""


@dataclass(frozen=True, slots=True)
class _Look:
    watched: Watched
    analysis: CameraAnalysis
    look: Look
    result: Future[Detections] = field(compare=False)


class Looker:
    """Takes each camera's newest frame as often as it wants, and in turn where time is short; nothing queues up.

    What goes wrong with one camera is logged, told to its health, and tried again; the others never notice.
    """

    def __init__(self, detector: Detector, watched: Sequence[Watched], wake: Flag, room: Room) -> None:
        """wake: set by whoever puts a frame into one of the buffers. room: is told how long frames take."""
        self._detector = detector
        self._watched = watched
        self._wake = wake
        self._room = room
        self._done: deque[_Look] = deque()
        self._under_way = 0
        self._told_time_at = 0.0

    def run(self, stop: Flag) -> None:
        while not stop.is_set():
            self._wake.clear()
            self._conclude_done()
            self._let_time_pass()
            now = time.monotonic()
            ready = [w for w in self._watched if w.frames and not w.busy and w.retry_at <= now]
            has_room = self._under_way < self._detector.in_flight
            watched = whose_turn(((w.claim, w) for w in ready), now) if has_room else None
            if watched is None:
                # A frame that is there but not due yet sets the time; everything else wakes us.
                waits = [w.claim.due_at() - now for w in ready]
                self._wake.wait(min([LONGEST_WAIT_S, *(wait for wait in waits if wait > 0)]))
            else:
                self._look(watched, now)
        self._finish()

    def _look(self, watched: Watched, now: float) -> None:
        watched.claim.take(now)
        frame = watched.frames.take()
        if frame is None:
            return
        with self._failing_alone(watched):
            self._start(watched, frame)

    def _start(self, watched: Watched, frame: TimedFrame) -> None:
        # Made even where nothing may be analysed: it is what says that nothing was observed.
        analysis = self._analysis_for(watched, frame)
        fitness = watched.view.see(frame.at, frame.picture)
        watched.health.seen(fitness)
        if not fitness.usable:
            return
        look = analysis.look(frame)
        if look.image is None:
            self._conclude(watched, analysis, look, None)
            return
        under_way = _Look(watched, analysis, look, self._detector.submit(look.image))
        watched.busy = True
        self._under_way += 1
        under_way.result.add_done_callback(lambda _: self._announce(under_way))

    def _analysis_for(self, watched: Watched, frame: TimedFrame) -> CameraAnalysis:
        """A new one where the picture's size has changed. Raises _Misdrawn."""
        if watched.analysis is not None and watched.analysis.image_size != frame.image_size:
            watched.analysis.finish(frame.at)
            watched.analysis = None
        if watched.analysis is None:
            try:
                watched.analysis = watched.make_analysis(frame.image_size)
            except ValueError as error:
                raise _Misdrawn(str(error)) from error
        return watched.analysis

    def _announce(self, look: _Look) -> None:
        self._done.append(look)
        self._wake.set()

    def _conclude_done(self) -> None:
        while self._done:
            look = self._done.popleft()
            self._under_way -= 1
            look.watched.busy = False
            with self._failing_alone(look.watched):
                self._conclude(look.watched, look.analysis, look.look, look.result.result())

    def _conclude(self, watched: Watched, analysis: CameraAnalysis, look: Look, found: Detections | None) -> None:
        tracks = analysis.conclude(look, found)
        held, frame = look.image is None, look.frame
        watched.pace.see(frame.at, tracks)  # road users who move are followed without the detector, too
        watched.claim.wish = watched.pace.wish
        watched.health.wants(watched.claim.wish.per_s)
        now = time.monotonic()
        waited_s = None if frame.arrived is None else now - frame.arrived
        watched.health.analysed(frame.at, held=held, waited_s=waited_s)
        if waited_s is not None:
            self._room.concluded(now, waited_s)

    @contextmanager
    def _failing_alone(self, watched: Watched) -> Iterator[None]:
        """Whatever goes wrong within is this camera's, and the others never notice."""
        try:
            yield
        except Exception as error:
            self._failed(watched, error)

    def _failed(self, watched: Watched, error: Exception) -> None:
        reason = without_credentials(str(error) or type(error).__name__)
        watched.health.failed(reason)
        watched.retry_at = time.monotonic() + RETRY_S
        watched.analysis = None
        if isinstance(error, _Misdrawn):
            log.error("camera cannot be analysed", camera=watched.camera_id, reason=reason)
        else:
            log.exception("analysis failed", camera=watched.camera_id)

    def _let_time_pass(self) -> None:
        now = time.time()
        if 0 <= now - self._told_time_at < 1.0:
            return
        self._told_time_at = now
        for watched in self._watched:
            self._tell_time(watched, lambda analysis: analysis.advance(now - UNOBSERVED_AFTER_S))

    def _tell_time(self, watched: Watched, tell: Callable[[CameraAnalysis], None]) -> None:
        if watched.analysis is None or watched.busy:
            return
        with self._failing_alone(watched):
            tell(watched.analysis)

    def _finish(self) -> None:
        deadline = time.monotonic() + FINISH_WITHIN_S
        while self._under_way and time.monotonic() < deadline:
            self._wake.clear()
            self._conclude_done()
            self._wake.wait(0.05)
        self._conclude_done()
        for watched in self._watched:
            self._tell_time(watched, lambda analysis: analysis.finish(time.time()))
            watched.view.close()
