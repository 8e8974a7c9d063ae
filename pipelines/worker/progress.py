"""Progress of a worker: whether any frame is analysed while cameras deliver frames.

A worker can send heartbeats and analyse nothing, so heartbeats do not count.
"""

import time
from collections.abc import Callable
from threading import Lock

from pipelines.events.schema import CameraStatus, Health

IDLE_S = 18.0
"""Time (s) without an analysed frame after which a worker with live cameras counts as idle. [target: its cameras are
analysed elsewhere within 30 s; reports come every 5 s, later on a busy machine]"""


class Progress:
    """Receives the health reports of all cameras of a worker. Thread-safe. now: monotonic seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = Lock()
        self._analysed_at = now()
        self._live_since: dict[str, float] = {}

    def observe(self, report: Health) -> None:
        """Receive a report. A camera stays live, as last reported, while no further report comes."""
        with self._lock:
            now = self._now()
            # An offline camera may still deliver frames: one that was just stopped, or whose geometry does not fit.
            if (report.received_fps or 0) > 0 and report.status is not CameraStatus.OFFLINE:
                self._live_since.setdefault(report.camera_id, now)
            else:
                self._live_since.pop(report.camera_id, None)
            # A frame of an unusable view was assessed; the camera cannot yield more.
            if (report.analysed_fps or 0) > 0 or (report.drops is not None and report.drops.withheld > 0):
                self._analysed_at = now

    def idle_s(self) -> float:
        """Return for how long cameras have delivered frames of which none was analysed, in seconds."""
        with self._lock:
            if not self._live_since:
                return 0.0
            return self._now() - max(self._analysed_at, min(self._live_since.values()))
