"""How each camera is doing, gathered from the threads that know, told as `Health` events."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock

from pipelines.events import CameraStatus, Health
from pipelines.viewing import Fitness

JUDGED_AFTER_S = 3.0
BEHIND = 0.5
"""Analysed at less than this share of the rate that was asked for: seen, but not to be trusted in full."""


class CameraHealth:
    """Written to by a camera's threads, read by the reporter. Thread-safe.

    looks_per_s: analysed frames a second that were asked for. now: Unix seconds, replaceable in tests.
    """

    def __init__(self, camera_id: str, looks_per_s: float, now: Callable[[], float] = time.time) -> None:
        self._camera_id = camera_id
        self._looks_per_s = looks_per_s
        self._now = now
        self._lock = Lock()
        self._arriving = False
        self._lost = ""
        self._trouble = ""
        self._live_trouble = ""
        self._sub_trouble = ""
        self._remark = ""
        self._picture: tuple[CameraStatus, str] | None = None
        self._connections = 0
        self._image_size: tuple[int, int] | None = None
        self._age_s: float | None = None
        self._received = self._analysed = self._withheld = 0
        self._since = now()
        self._behind = False

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

    def lost(self, reason: str) -> None:
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

    def analysed(self, taken_at: float) -> None:
        """The frame taken at `taken_at` has become facts."""
        with self._lock:
            self._analysed += 1
            self._age_s = max(0.0, self._now() - taken_at)
            self._trouble = ""

    def seen(self, fitness: Fitness) -> None:
        """A frame was looked at, and analysed only if it is usable."""
        with self._lock:
            self._withheld += not fitness.usable
            self._picture = None if fitness.status is None else (fitness.status, fitness.reason)

    def failed(self, reason: str) -> None:
        """Frames come, but cannot be analysed, until `analysed`."""
        with self._lock:
            self._trouble = reason

    def status(self) -> CameraStatus:
        with self._lock:
            return self._status()[0]

    def _status(self) -> tuple[CameraStatus, str]:
        """The first that applies, the gravest first."""
        live = f"live video: {self._live_trouble}"
        sub = f"sub-stream: {self._sub_trouble}; the main stream is analysed instead"
        picture, why_unusable = self._picture or (CameraStatus.ONLINE, "")
        behind = f"analysed less often than the {self._looks_per_s:g} times a second asked for"
        states = (
            (self._lost != "", CameraStatus.OFFLINE, self._lost),
            (not self._arriving, CameraStatus.CONNECTING, ""),
            (self._trouble != "", CameraStatus.OFFLINE, self._trouble),
            (self._picture is not None, picture, why_unusable),
            (self._live_trouble != "", CameraStatus.DEGRADED, live),
            (self._sub_trouble != "", CameraStatus.DEGRADED, sub),
            (self._behind, CameraStatus.DEGRADED, behind),
        )
        return next(((status, why) for holds, status, why in states if holds), (CameraStatus.ONLINE, self._remark))

    def report(self, dropped: int) -> Health:
        """The event for the time since the last report, which begins anew."""
        with self._lock:
            now = self._now()
            span_s = max(now - self._since, 1e-3)
            received_fps, analysed_fps = self._received / span_s, self._analysed / span_s
            if span_s >= JUDGED_AFTER_S:
                looked_fps = (self._analysed + self._withheld) / span_s
                self._behind = looked_fps < BEHIND * min(self._looks_per_s, received_fps)
            status, reason = self._status()
            self._received = self._analysed = self._withheld = 0
            self._since = now
            return Health(
                camera_id=self._camera_id,
                at=datetime.fromtimestamp(now, UTC),
                status=status,
                reason=reason,
                received_fps=round(received_fps, 2),
                analysed_fps=round(analysed_fps, 2),
                dropped=dropped,
                reconnects=max(0, self._connections - 1),
                age_s=self._age_s,
                image_size=self._image_size,
            )
