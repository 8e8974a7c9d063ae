"""Weighted fair scheduling of cameras: priority = requested rate x time since the last analysed frame.

That product is the camera's credit in frames; the camera with the most credit is next. Under overload each camera gets
the same share of its requested rate. Credit only grows, so no camera starves. Nothing queues: only cameras with a frame
compete, and the latest frame is analysed.

Cameras below their guaranteed minimum rate, the floor, come first. If the machine can serve all floors, it does, and
the rest is shared evenly. If it cannot, the floors are shared evenly.

The scheme is a deficit scheduler with one token bucket for the rate and one for the floor (`docs/adr/0045`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from pipelines.ingest.rate_limiter import RateLimiter

EARLY = 0.5
"""Part of a frame by which a frame may be analysed early. Frames arrive at the requested rate, but not exactly at the
due times. Without it, a frame that is slightly early would wait until it is old or replaced. [assumption]"""

MAX_FLOOR_CREDIT_LEFT = 0.5
"""Credit (frames) at the floor that may remain after a frame; covers only the jitter of arrivals. [assumption]"""


@dataclass(frozen=True, slots=True)
class RateRequest:
    """Analysed frames a second that a camera requests, and the guaranteed minimum. Raises ValueError.

    floor_fps: served before all other requests, as far as the machine can serve all floors.
    """

    fps: float
    floor_fps: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.floor_fps <= self.fps:
            raise ValueError(f"expected 0 <= floor_fps <= fps, got {self}")


class CameraShare:
    """One camera's request and credit. Belongs to the scheduler's thread.

    request: may be replaced between two calls. Times are seconds of a clock that never goes back.
    """

    __slots__ = ("_floor", "_limiter", "request")

    def __init__(self, request: RateRequest) -> None:
        self.request = request
        self._limiter, self._floor = RateLimiter(early=EARLY), RateLimiter(MAX_FLOOR_CREDIT_LEFT)

    def is_due(self, now: float) -> bool:
        """Return whether a frame of the camera may be analysed now."""
        return self._limiter.is_due(self.request.fps, now)

    def due_at(self) -> float:
        """Return the time from which `is_due` holds; infinite at a rate of 0."""
        return self._limiter.due_at(self.request.fps)

    def urgency(self, now: float) -> tuple[float, float]:
        """Return the sort key of the scheduler: credit at the floor (0 below 1 frame), credit at the requested rate."""
        at_floor = self._floor.credit(self.request.floor_fps, now)
        return (at_floor if at_floor >= 1 else 0.0, self._limiter.credit(self.request.fps, now))

    def spend(self, now: float) -> None:
        """Pay for one analysed frame."""
        self._limiter.spend(self.request.fps, now)
        self._floor.spend(self.request.floor_fps, now)


Item = TypeVar("Item")
"""Whatever the caller schedules, such as a camera."""


def pick_next(ready: Iterable[tuple[CameraShare, Item]], now: float) -> Item | None:
    """Return the most urgent item of those that are due; None where none is due. Spends no credit.

    ready: the cameras that have a frame.
    """
    due = ((share.urgency(now), item) for share, item in ready if share.is_due(now))
    return max(due, key=lambda pair: pair[0], default=(None, None))[1]
