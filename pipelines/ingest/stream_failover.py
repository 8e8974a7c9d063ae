"""Two streams of one camera: the small one is analysed; while it is down, the one that people watch is."""

import time
from collections.abc import Callable
from threading import Lock

import structlog

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
        self._trouble = ""
        self._main_trouble = ""

    def main_rate(self) -> float:
        """Pictures a second that are wanted of the main stream: none while the sub-stream is analysed."""
        return self._wanted_rate() if self._trouble else 0.0

    def sub_connected(self, remark: str) -> None:
        with self._lock:
            self._connected_at = self._now()
        self._health.connected(remark)

    def sub_failed(self, reason: str) -> None:
        with self._lock:
            first, self._trouble = not self._trouble, reason
            lost = bool(self._main_trouble)
        if first:
            log.warning("the main stream is analysed, for the sub-stream is down", camera=self._camera_id)
        self._health.sub_stream(reason)
        if lost:
            self._health.disconnected(reason)

    def main_connected(self, _: str) -> None:
        with self._lock:
            self._main_trouble = ""
        self._health.live_video("")

    def main_failed(self, reason: str) -> None:
        with self._lock:
            self._main_trouble = reason
            lost = bool(self._trouble)
        self._health.live_video(reason)
        if lost:
            self._health.disconnected(reason)

    def watch_sub(self, frame: TimedFrame) -> None:
        with self._lock:
            main_serves = self._trouble and not self._main_trouble
            if main_serves and self._now() - self._connected_at < STEADY_S:
                return
            recovered, self._trouble = bool(self._trouble), ""
        if recovered:
            self._health.sub_stream("")
            log.info("the sub-stream is back and analysed again", camera=self._camera_id)
        self._watch(frame)

    def watch_main(self, frame: TimedFrame) -> None:
        if self._trouble:
            self._watch(frame)
