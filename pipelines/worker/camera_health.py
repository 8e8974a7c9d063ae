"""Health of one camera: measurements and conditions from several threads, reported as `Health` events."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import Enum, auto
from statistics import fmean
from threading import Lock

from analytics.camera import OutsideFrame
from pipelines.analysis.loop import FrameMeasurement
from pipelines.analysis.view_gate import ViewQuality
from pipelines.config.geometry_file import OtherAspect
from pipelines.config.settings import MIN_ACCURATE_FPS
from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.condition_status import STATUS_OF
from pipelines.events.condition_text import english
from pipelines.events.schema import CameraStatus, Drops, Health
from pipelines.ingest.frame_buffer import DroppedFrames
from pipelines.ingest.stream_times import ClockState, ClockVerdict
from pipelines.observability.percentile import p95
from pipelines.worker.measurement_observer import MeasurementObserver, NoObserver
from pipelines.worker.received_rate import ReceivedRate

MIN_PERIOD_S = 3.0
"""Shortest period (s) between two reports from which overload is derived. [assumption]"""

BEHIND_BELOW = 0.5
"""Share (0..1) of the due frames analysed, below which the facts of a camera are not reliable. [assumption]"""

OVERLOADED_BELOW = 0.9
"""Share (0..1) of the due frames analysed, below which the machine is overloaded. [assumption]"""

DROPPED_FOR_S = 300.0
"""Time (s) for which a dropped fact stays a condition: a few minutes' events. [assumption]"""

_PRIORITY = {condition: priority for priority, condition in enumerate(STATUS_OF)}
"""Condition -> priority, 0 for the gravest."""


class _Aspect(Enum):
    """Part of a camera's state. Each is in one condition at a time, or in none."""

    CONNECTION = auto()
    ANALYSIS = auto()
    VIEW = auto()
    LIVE_VIDEO = auto()
    LIVE_STORAGE = auto()
    PREVIEW_STORAGE = auto()
    SUB_STREAM = auto()
    FRAME_RATE = auto()
    CAPACITY = auto()
    FACTS = auto()
    GATES = auto()
    CODEC = auto()
    KEYFRAMES = auto()
    CLOCK = auto()


class CameraHealth:
    """Receives measurements from the threads of a camera; the reporter reads them. Thread-safe.

    analysis_fps: usual rate of analysed frames. now: Unix seconds, replaceable in tests. observer: receives each
    measurement too.
    """

    def __init__(
        self,
        camera_id: str,
        analysis_fps: float,
        now: Callable[[], float] = time.time,
        *,
        observer: MeasurementObserver | None = None,
    ) -> None:
        self._observer = observer or NoObserver()
        self._camera_id = camera_id
        self._requested_fps = analysis_fps
        self._now = now
        self._lock = Lock()
        self._conditions: dict[_Aspect, CameraCondition] = {_Aspect.CONNECTION: CameraCondition(Condition.CONNECTING)}
        self._connections = 0
        self._image_size: tuple[int, int] | None = None
        self._age_s: float | None = None
        self._last_frame_at: datetime | None = None
        self._dropped_at = 0.0
        self._frame_rate = ReceivedRate(min(analysis_fps, MIN_ACCURATE_FPS) / 2)
        self._start_period(now())

    def _start_period(self, now: float) -> None:
        """Start the period of the next report at `now`, Unix seconds."""
        self._since = now
        self._received = self._analysed = self._not_inferred = self._withheld = self._failed = 0
        self._ages_s: list[float] = []
        self._waits_s: list[float] = []
        self._scales: list[float] = []

    def connected(self, note: CameraCondition | None = None) -> None:
        """The analysed stream is open. note: condition of a stream that works, such as an unplayable codec."""
        with self._lock:
            self._connections += 1
            self._set(_Aspect.CODEC, note)

    def received(self, image_size: tuple[int, int], frames: int = 1) -> None:
        """Frames were received, of which the last was decoded. image_size: (width, height)."""
        with self._lock:
            self._received += frames
            self._image_size = image_size
            self._last_frame_at = datetime.fromtimestamp(self._now(), UTC)
            self._set(_Aspect.CONNECTION, None)
            self._set(_Aspect.FRAME_RATE, self._frame_rate.update(self._now(), frames))
        self._observer.frames_received(self._camera_id, frames)

    def disconnected(self, cause: CameraCondition) -> None:
        """No more frames arrive, until `received`."""
        with self._lock:
            self._age_s = None
            self._set(_Aspect.VIEW, None)
            self._set(_Aspect.FRAME_RATE, None)
            self._frame_rate.restart()
            self._set(_Aspect.CONNECTION, cause)

    def set_live_video(self, cause: CameraCondition | None) -> None:
        """Set the failure of the stream for viewers, where it is not the analysed stream; None for no failure."""
        with self._lock:
            self._set(_Aspect.LIVE_VIDEO, cause and cause.as_cause_of(Condition.LIVE_VIDEO_FAILED))

    def set_live_storage(self, cause: CameraCondition | None) -> None:
        """Set what keeps live video from being stored; None for nothing."""
        with self._lock:
            self._set(_Aspect.LIVE_STORAGE, cause and cause.as_cause_of(Condition.LIVE_VIDEO_FAILED))

    def set_preview_storage(self, cause: CameraCondition | None) -> None:
        """Set what keeps previews from being stored; None for nothing."""
        with self._lock:
            self._set(_Aspect.PREVIEW_STORAGE, cause and cause.as_cause_of(Condition.LIVE_VIDEO_FAILED))

    def set_keyframes(self, condition: CameraCondition | None) -> None:
        """Set the condition of a stream with rare keyframes; None for any other."""
        with self._lock:
            self._set(_Aspect.KEYFRAMES, condition)

    def set_sub_stream(self, cause: CameraCondition | None) -> None:
        """Set the failure of the sub-stream, while the main stream is analysed instead; None for no failure."""
        with self._lock:
            self._set(_Aspect.SUB_STREAM, cause and cause.as_cause_of(Condition.SUB_STREAM_FAILED))

    def set_clock(self, verdict: ClockVerdict) -> None:
        """Set what is known of the clock of the analysed stream."""
        with self._lock:
            self._set(_Aspect.CLOCK, _clock_condition(verdict))

    def frame_analysed(self, frame: FrameMeasurement) -> None:
        """The events of a frame were emitted."""
        with self._lock:
            self._analysed += 1
            self._not_inferred += not frame.inferred
            self._age_s = max(0.0, self._now() - frame.taken_at)
            self._ages_s.append(self._age_s)
            self._scales.append(frame.max_scale)
            if frame.waited_s is not None:
                self._waits_s.append(frame.waited_s)
            self._set(_Aspect.ANALYSIS, None)
        self._observer.frame_analysed(self._camera_id, frame)

    def set_requested_rate(self, fps: float) -> None:
        """Set the rate of analysed frames that the present traffic requests."""
        with self._lock:
            self._requested_fps = fps

    def view_assessed(self, quality: ViewQuality) -> None:
        """The view of a frame was assessed; the frame is analysed only if it is usable."""
        with self._lock:
            self._withheld += not quality.usable
            self._set(_Aspect.VIEW, quality.condition)

    def geometry_mismatch(self, error: ValueError) -> None:
        """The camera's geometry does not fit its frames, until `frame_analysed`."""
        self._analysis_failed(_mismatch(error))

    def analysis_failed(self, error: str) -> None:
        """The analysis of a frame raised an error; it is retried until `frame_analysed`."""
        self._analysis_failed(CameraCondition.of(Condition.ANALYSIS_FAILED, error=error))

    def _analysis_failed(self, condition: CameraCondition) -> None:
        with self._lock:
            self._failed += 1
            self._set(_Aspect.ANALYSIS, condition)

    def fact_dropped(self, what: str) -> None:
        """A fact or event could not be made or sent; the condition lasts for `DROPPED_FOR_S`."""
        with self._lock:
            self._dropped_at = self._now()
            self._set(_Aspect.FACTS, CameraCondition.of(Condition.FACT_DROPPED, error=what))

    def set_gates(self, fault: CameraCondition | None) -> None:
        """Set the fault of gates that cannot count; None for no fault."""
        with self._lock:
            self._set(_Aspect.GATES, fault)

    def _set(self, aspect: _Aspect, condition: CameraCondition | None) -> None:
        """Set or clear the condition of an aspect. The lock is held."""
        if condition is None:
            self._conditions.pop(aspect, None)
        else:
            self._conditions[aspect] = condition

    def status(self) -> CameraStatus:
        """Return the present status."""
        with self._lock:
            return STATUS_OF[self._condition().code]

    def _condition(self) -> CameraCondition:
        """Return the gravest present condition. The lock is held."""
        return min(self._conditions.values(), key=lambda c: _PRIORITY[c.code], default=CameraCondition(Condition.OK))

    def report(self, dropped: DroppedFrames) -> Health:
        """Return the event for the period since the last report, and start the next period.

        dropped: frames of this period that the analysis did not read.
        """
        with self._lock:
            now = self._now()
            span_s = max(now - self._since, 1e-3)
            drops = self._drops(dropped)
            assessed = self._analysed + self._withheld
            reached = assessed / (assessed + drops.no_capacity) if assessed + drops.no_capacity else None
            if span_s >= MIN_PERIOD_S:
                self._set(_Aspect.CAPACITY, _overload(reached))
            if now - self._dropped_at > DROPPED_FOR_S:
                self._set(_Aspect.FACTS, None)
            condition = self._condition()
            report = Health(
                camera_id=self._camera_id,
                at=datetime.fromtimestamp(now, UTC),
                status=STATUS_OF[condition.code],
                condition=condition.code,
                details=condition.details,
                reason=english(condition),
                received_fps=round(self._received / span_s, 2),
                analysed_fps=round(self._analysed / span_s, 2),
                held_fps=round(self._not_inferred / span_s, 2),
                wanted_fps=round(self._requested_fps, 2),
                reached=None if reached is None else round(reached, 3),
                picture_scale=round(fmean(self._scales), 3) if self._scales else None,
                dropped=drops.superseded + drops.no_capacity + drops.withheld + drops.failed,
                drops=drops,
                reconnects=max(0, self._connections - 1),
                age_s=self._age_s,
                age_p95_s=_p95(self._ages_s, 3),
                frame_to_event_p95_ms=_p95([1000 * wait for wait in self._waits_s], 1),
                image_size=self._image_size,
                last_frame_at=self._last_frame_at,
            )
            self._start_period(now)
            return report

    def _drops(self, dropped: DroppedFrames) -> Drops:
        """Return the frames not analysed, by cause. While the analysis fails, no frame is dropped for lack of time."""
        failing = dropped.no_capacity if _Aspect.ANALYSIS in self._conditions else 0
        return Drops(
            superseded=dropped.superseded,
            no_capacity=dropped.no_capacity - failing,
            withheld=self._withheld,
            failed=self._failed + failing,
        )


def _clock_condition(verdict: ClockVerdict) -> CameraCondition | None:
    match verdict.state:
        case ClockState.OFF:
            return CameraCondition.of(Condition.CLOCK_OFF, clock_rate_share=round(verdict.rate, 3))
        case ClockState.UNUSABLE:
            return CameraCondition(Condition.CLOCK_UNUSABLE)
    return None


def _overload(reached: float | None) -> CameraCondition | None:
    """Return the condition of the machine's capacity. reached: share of the due frames analysed, None for no frames."""
    if reached is None or reached >= OVERLOADED_BELOW:
        return None
    return CameraCondition(Condition.BEHIND if reached < BEHIND_BELOW else Condition.OVERLOADED)


def _mismatch(error: ValueError) -> CameraCondition:
    if isinstance(error, OtherAspect):
        sizes = {"drawn_size": error.drawn_size, "image_size": error.image_size}
        return CameraCondition.of(Condition.GEOMETRY_ASPECT, **sizes)
    if not isinstance(error, OutsideFrame):
        return CameraCondition.of(Condition.GEOMETRY_MISMATCH, error=str(error))
    return CameraCondition.of(
        Condition.GEOMETRY_OUTSIDE_FRAME,
        shape=error.shape,
        shape_id=error.shape_id,
        pixel=error.pixel,
        image_size=error.image_size,
    )


def _p95(values: Sequence[float], digits: int) -> float | None:
    value = p95(values)
    return None if value is None else round(value, digits)
