"""Failover between the two streams of a camera: the main stream is analysed while the sub-stream is lost."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Protocol

import structlog

from pipelines.events.condition import CameraCondition
from pipelines.ingest.frame_buffer import TimedFrame

log = structlog.get_logger()

STEADY_S = 20.0
"""Time (s) that a sub-stream must last after a loss before it is analysed again; each change starts new tracks.
[assumption]"""


class StreamObserver(Protocol):
    """Receives the conditions of a camera's streams. Implementations must be thread-safe."""

    def connected(self) -> None:
        """The sub-stream is open."""
        ...

    def disconnected(self, cause: CameraCondition) -> None:
        """Neither stream delivers frames."""
        ...

    def set_live_video(self, cause: CameraCondition | None) -> None:
        """The main stream failed for this cause; None where it is open."""
        ...

    def set_sub_stream(self, cause: CameraCondition | None) -> None:
        """The sub-stream failed for this cause; None where it is analysed."""
        ...


class StreamFailover:
    """Choice of the stream whose frames are analysed. Thread-safe.

    Frames of the two streams may differ in size; `AnalysisLoop` scales the geometry.

    on_frame: receives the frames to analyse. requested_fps: returns the frames a second that the analysis requests.
    now: returns seconds of a clock that never goes back.
    """

    def __init__(
        self,
        camera_id: str,
        observer: StreamObserver,
        on_frame: Callable[[TimedFrame], None],
        requested_fps: Callable[[], float],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._camera_id = camera_id
        self._observer = observer
        self._on_frame = on_frame
        self._requested_fps = requested_fps
        self._now = now
        self._lock = Lock()
        self._connected_at = 0.0
        self._sub_failure: CameraCondition | None = None
        self._main_failure: CameraCondition | None = None

    def main_requested_fps(self) -> float:
        """Return the frames a second requested of the main stream; 0 while the sub-stream is analysed."""
        with self._lock:
            is_needed = self._sub_failure is not None
        return self._requested_fps() if is_needed else 0.0

    def sub_connected(self) -> None:
        """Note that the sub-stream is open; it is analysed once it is steady."""
        with self._lock:
            self._connected_at = self._now()
        self._observer.connected()

    def sub_failed(self, cause: CameraCondition) -> None:
        """Analyse the main stream from now on."""
        with self._lock:
            is_first, self._sub_failure = self._sub_failure is None, cause
            both_failed = self._main_failure is not None
        if is_first:
            log.warning("the main stream is analysed, because the sub-stream is down", camera=self._camera_id)
        self._observer.set_sub_stream(cause)
        if both_failed:
            self._observer.disconnected(cause)

    def main_connected(self) -> None:
        """Note that the main stream is open."""
        with self._lock:
            self._main_failure = None
        self._observer.set_live_video(None)

    def main_failed(self, cause: CameraCondition) -> None:
        """Note that the main stream is lost, and with it live video."""
        with self._lock:
            self._main_failure = cause
            both_failed = self._sub_failure is not None
        self._observer.set_live_video(cause)
        if both_failed:
            self._observer.disconnected(cause)

    def on_sub_frame(self, frame: TimedFrame) -> None:
        """Deliver a frame of the sub-stream, unless the main stream is analysed until the sub-stream is steady."""
        with self._lock:
            main_delivers = self._sub_failure is not None and self._main_failure is None
            if main_delivers and self._now() - self._connected_at < STEADY_S:
                return
            has_recovered, self._sub_failure = self._sub_failure is not None, None
        if has_recovered:
            self._observer.set_sub_stream(None)
            log.info("the sub-stream is back and analysed again", camera=self._camera_id)
        self._on_frame(frame)

    def on_main_frame(self, frame: TimedFrame) -> None:
        """Deliver a frame of the main stream while the sub-stream is not analysed."""
        with self._lock:
            is_needed, has_recovered = self._sub_failure is not None, self._main_failure is not None
        if has_recovered:
            self.main_connected()
        if is_needed:
            self._on_frame(frame)
