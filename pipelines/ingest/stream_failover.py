"""Two streams of one camera: the small one is analysed; while it is down, the one that people watch is."""

import time
from collections.abc import Callable
from threading import Lock

import structlog

from pipelines.events.condition import CameraCondition
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.worker.camera_health import CameraHealth

log = structlog.get_logger()

STEADY_S = 20.0
"""A sub-stream that came back must last for so long before it is analysed again: every change begins tracks anew."""


class StreamFailover:
    """Decides which of the two streams is shown to `watch`, and tells the camera's health. Thread-safe.

    Pictures of the two may differ in size; whoever analyses them scales the geometry to each.
    """

    def __init__(
        self,
        camera_id: str,
        health: CameraHealth,
        watch: Callable[[TimedFrame], None],
        wanted_rate: Callable[[], float],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._camera_id = camera_id
        self._health = health
        self._watch = watch
        self._wanted_rate = wanted_rate
        self._now = now
        self._lock = Lock()
        self._connected_at = 0.0
        self._trouble: CameraCondition | None = None
        self._main_trouble: CameraCondition | None = None

    def main_rate(self) -> float:
        """Pictures a second that are wanted of the main stream: none while the sub-stream is analysed."""
        return self._wanted_rate() if self._trouble else 0.0

    def sub_connected(self, note: CameraCondition | None) -> None:
        with self._lock:
            self._connected_at = self._now()
        self._health.connected(note)

    def sub_failed(self, cause: CameraCondition) -> None:
        with self._lock:
            first, self._trouble = self._trouble is None, cause
            lost = self._main_trouble is not None
        if first:
            log.warning("the main stream is analysed, for the sub-stream is down", camera=self._camera_id)
        self._health.set_sub_stream(cause)
        if lost:
            self._health.disconnected(cause)

    def main_connected(self, _: CameraCondition | None) -> None:
        with self._lock:
            self._main_trouble = None
        self._health.set_live_video(None)

    def main_failed(self, cause: CameraCondition) -> None:
        with self._lock:
            self._main_trouble = cause
            lost = self._trouble is not None
        self._health.set_live_video(cause)
        if lost:
            self._health.disconnected(cause)

    def watch_sub(self, frame: TimedFrame) -> None:
        with self._lock:
            main_serves = self._trouble and not self._main_trouble
            if main_serves and self._now() - self._connected_at < STEADY_S:
                return
            recovered, self._trouble = self._trouble is not None, None
        if recovered:
            self._health.set_sub_stream(None)
            log.info("the sub-stream is back and analysed again", camera=self._camera_id)
        self._watch(frame)

    def watch_main(self, frame: TimedFrame) -> None:
        if self._trouble:
            self._watch(frame)
