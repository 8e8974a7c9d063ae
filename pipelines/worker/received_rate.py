"""Rate of the frames that a camera sends, and the condition of a camera that sends too few."""

from collections import deque

from pipelines.events.condition import CameraCondition, Condition

MEASURED_S = 20.0
"""Time (s) over which the rate is measured; five frames of a camera that sends one in four seconds. [assumption]"""


class ReceivedRate:
    """Rate of a camera's frames. Not thread-safe.

    least_fps: frames a second below which vehicles cannot be followed from frame to frame.
    """

    def __init__(self, least_fps: float) -> None:
        self._least_fps = least_fps
        self._arrivals: deque[tuple[float, int]] = deque()

    def restart(self) -> None:
        """Forget what was received, since the connection ended."""
        self._arrivals.clear()

    def update(self, now: float, frames: int) -> CameraCondition | None:
        """Add frames that were received at `now` (s); return the condition of too few, None for enough or unknown."""
        if self._arrivals and not 0 <= now - self._arrivals[-1][0] <= MEASURED_S:
            self._arrivals.clear()  # the clock was set
        self._arrivals.append((now, frames))
        while len(self._arrivals) > 1 and self._arrivals[1][0] <= now - MEASURED_S:
            self._arrivals.popleft()
        span_s = now - self._arrivals[0][0]
        if span_s < MEASURED_S:
            return None
        fps = sum(count for _, count in list(self._arrivals)[1:]) / span_s
        return (
            None if fps >= self._least_fps else CameraCondition.of(Condition.LOW_FRAME_RATE, received_fps=round(fps, 2))
        )
