"""How each camera is doing, gathered from the threads that know, told as `Health` events."""

import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Lock

from pipelines.analysis.loop import AnalysedFrame
from pipelines.analysis.view_gate import ViewQuality
from pipelines.events.schema import CameraStatus, Drops, Health
from pipelines.ingest.frame_buffer import DroppedFrames

JUDGED_AFTER_S = 3.0
BEHIND = 0.5
"""Looked at less often than this share of what its traffic asks for: seen, but not to be trusted in full."""

OVERLOADED = 0.9
OVERLOAD_REASON = "overloaded: "
"""How the reason of a camera begins that has too little of the machine's time, and nothing graver."""

REMEDY = "watch fewer cameras on this machine, give them sub-streams (analysis_url), or add a second machine"


class CameraHealth:
    """Written to by a camera's threads, read by the reporter. Thread-safe.

    looks_per_s: the usual rate of analysed frames. now: Unix seconds, replaceable in tests.
    """

    def __init__(self, camera_id: str, looks_per_s: float, now: Callable[[], float] = time.time) -> None:
        self._camera_id = camera_id
        self._wanted_per_s = looks_per_s
        self._now = now
        self._lock = Lock()
        self._arriving = False
        self._lost = ""
        self._analysis_error = ""
        self._live_trouble = ""
        self._sub_trouble = ""
        self._remark = ""
        self._picture: tuple[CameraStatus, str] | None = None
        self._connections = 0
        self._image_size: tuple[int, int] | None = None
        self._age_s: float | None = None
        self._begin_anew(now())
        self._reached: float | None = None

    def _begin_anew(self, now: float) -> None:
        """What is told is of the time since then."""
        self._since = now
        self._received = self._analysed = self._held = self._withheld = self._failed = 0
        self._ages_s: list[float] = []
        self._waits_s: list[float] = []

    def connected(self, remark: str = "") -> None:
        """The analysed stream is open. remark: what an operator should know though all is well."""
        with self._lock:
            self._connections += 1
            self._remark = remark

    def received(self, image_size: tuple[int, int], pictures: int = 1) -> None:
        """So many pictures came; the last one was decoded."""
        with self._lock:
            self._received += pictures
            self._arriving, self._lost, self._image_size = True, "", image_size

    def disconnected(self, reason: str) -> None:
        """No more frames to analyse, until `received`."""
        with self._lock:
            self._arriving, self._lost, self._picture, self._age_s = False, reason, None, None

    def live_video(self, trouble: str) -> None:
        """Viewers' stream, where it is another than the analysed one: what is wrong with it, "" for nothing."""
        with self._lock:
            self._live_trouble = trouble

    def sub_stream(self, trouble: str) -> None:
        """What is wrong with the stream that should be analysed while the main one is instead, "" for nothing."""
        with self._lock:
            self._sub_trouble = trouble

    def frame_analysed(self, frame: AnalysedFrame) -> None:
        """The events of a frame were emitted."""
        with self._lock:
            self._analysed += 1
            self._held += not frame.inferred
            self._age_s = max(0.0, self._now() - frame.taken_at)
            self._ages_s.append(self._age_s)
            if frame.waited_s is not None:
                self._waits_s.append(frame.waited_s)
            self._analysis_error = ""

    def set_requested_rate(self, fps: float) -> None:
        """The rate that its traffic asks for at present."""
        with self._lock:
            self._wanted_per_s = fps

    def view_assessed(self, quality: ViewQuality) -> None:
        """The view of a frame was assessed; the frame is analysed only if it is usable."""
        with self._lock:
            self._withheld += not quality.usable
            self._picture = None if quality.status is None else (quality.status, quality.reason)

    def geometry_mismatch(self, reason: str) -> None:
        """The camera's geometry does not fit its frames, until `frame_analysed`."""
        self.analysis_failed(reason)

    def analysis_failed(self, reason: str) -> None:
        """The analysis of a frame raised an error; it is retried until `frame_analysed`."""
        with self._lock:
            self._failed += 1
            self._analysis_error = reason

    def status(self) -> CameraStatus:
        with self._lock:
            return self._status()[0]

    def _status(self) -> tuple[CameraStatus, str]:
        """The first that applies, the gravest first."""
        live = f"live video: {self._live_trouble}"
        sub = f"sub-stream: {self._sub_trouble}; the main stream is analysed instead"
        picture, why_unusable = self._picture or (CameraStatus.ONLINE, "")
        reached = 1.0 if self._reached is None else self._reached
        behind = f"{OVERLOAD_REASON}looked at less than half as often as its traffic asks for; {REMEDY}"
        overloaded = f"{OVERLOAD_REASON}looked at less often than its traffic asks for; {REMEDY}"
        states = (
            (self._lost != "", CameraStatus.OFFLINE, self._lost),
            (not self._arriving, CameraStatus.CONNECTING, ""),
            (self._analysis_error != "", CameraStatus.OFFLINE, self._analysis_error),
            (self._picture is not None, picture, why_unusable),
            (self._live_trouble != "", CameraStatus.DEGRADED, live),
            (self._sub_trouble != "", CameraStatus.DEGRADED, sub),
            (reached < BEHIND, CameraStatus.DEGRADED, behind),
            (reached < OVERLOADED, CameraStatus.ONLINE, overloaded),
        )
        return next(((status, why) for holds, status, why in states if holds), (CameraStatus.ONLINE, self._remark))

    def report(self, dropped: DroppedFrames) -> Health:
        """The event for the time since the last report, which begins anew. dropped: frames nobody took meanwhile."""
        with self._lock:
            now = self._now()
            span_s = max(now - self._since, 1e-3)
            drops = self._drops(dropped)
            looks = self._analysed + self._withheld
            reached = looks / (looks + drops.no_capacity) if looks + drops.no_capacity else None
            if span_s >= JUDGED_AFTER_S:
                self._reached = reached
            status, reason = self._status()
            report = Health(
                camera_id=self._camera_id,
                at=datetime.fromtimestamp(now, UTC),
                status=status,
                reason=reason,
                received_fps=round(self._received / span_s, 2),
                analysed_fps=round(self._analysed / span_s, 2),
                held_fps=round(self._held / span_s, 2),
                wanted_fps=round(self._wanted_per_s, 2),
                reached=None if reached is None else round(reached, 3),
                dropped=drops.superseded + drops.no_capacity + drops.withheld + drops.failed,
                drops=drops,
                reconnects=max(0, self._connections - 1),
                age_s=self._age_s,
                age_p95_s=_p95(self._ages_s, 3),
                frame_to_event_p95_ms=_p95([1000 * wait for wait in self._waits_s], 1),
                image_size=self._image_size,
            )
            self._begin_anew(now)
            return report

    def _drops(self, dropped: DroppedFrames) -> Drops:
        """While the analysis fails, nobody takes frames, however much time there is."""
        failing = dropped.no_capacity if self._analysis_error else 0
        return Drops(
            superseded=dropped.superseded,
            no_capacity=dropped.no_capacity - failing,
            withheld=self._withheld,
            failed=self._failed + failing,
        )


def _p95(values: Sequence[float], digits: int) -> float | None:
    """The smallest that 95 % of the values do not exceed."""
    return round(sorted(values)[math.ceil(0.95 * len(values)) - 1], digits) if values else None
