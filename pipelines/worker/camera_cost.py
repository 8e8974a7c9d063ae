"""Measured cost of each camera of a process, in CPU cores, from which cameras are shared between workers."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from pipelines.analysis.loop import FrameMeasurement

FRAME_PIXELS = 20_000
"""Pixels in the detector that cost as much as the decoding of one frame. [assumption]"""


@dataclass(slots=True)
class _Use:
    """What a camera used since the last report. weight: pixels in the detector, and decoded frames as pixels."""

    analysis_s: float = 0.0
    weight: float = 0.0


class CostMeter:
    """Observer that apportions the CPU time of the process to its cameras. Thread-safe.

    The time of the analysis thread is measured for each camera. The remaining time, mostly of the detector and of
    decoding, is divided by the pixels that were analysed.
    cpu_s: CPU time (s) of the process; now: monotonic seconds; both replaceable in tests.
    """

    def __init__(
        self, *, cpu_s: Callable[[], float] = time.process_time, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._cpu_s, self._now = cpu_s, now
        self._lock = Lock()
        self._start()

    def _start(self) -> None:
        self._cpu_began, self._began = self._cpu_s(), self._now()
        self._uses: dict[str, _Use] = {}

    def frames_received(self, camera_id: str, frames: int) -> None:
        """Count decoding."""
        with self._lock:
            self._uses.setdefault(camera_id, _Use()).weight += FRAME_PIXELS * frames

    def frame_analysed(self, camera_id: str, frame: FrameMeasurement) -> None:
        """Count an analysed frame."""
        with self._lock:
            use = self._uses.setdefault(camera_id, _Use())
            use.analysis_s += frame.cpu_s
            use.weight += frame.pixels

    def costs(self) -> dict[str, float]:
        """Return the CPU cores that each camera took since the last call; cameras without a frame are left out."""
        with self._lock:
            span_s = max(self._now() - self._began, 1e-3)
            shared_s = max(self._cpu_s() - self._cpu_began - sum(use.analysis_s for use in self._uses.values()), 0.0)
            weight = sum(use.weight for use in self._uses.values()) or 1.0
            costs = {
                camera_id: (use.analysis_s + shared_s * use.weight / weight) / span_s
                for camera_id, use in self._uses.items()
            }
            self._start()
        return costs
