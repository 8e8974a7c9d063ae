"""Rate limiter of one camera's frames: a token bucket whose rate may change at any time."""

import math

MAX_CREDIT_LEFT = 2.0
"""Credit (frames) that may remain after a frame. A short delay of the machine then loses no frame. [assumption]"""


class RateLimiter:
    """Credit of frames that grows with time and pays for each frame.

    A frame is due at a credit of 1. All times are seconds of one clock that never goes back; `fps` are frames a second.

    max_credit_left: credit (frames) that remains at most after a frame. early: part of a frame by which a frame may be
    earlier than due, 0..1; the next frame is due no earlier for it.
    """

    __slots__ = ("_early", "_max_credit_left", "_since")

    def __init__(self, max_credit_left: float = MAX_CREDIT_LEFT, early: float = 0.0) -> None:
        self._max_credit_left = max_credit_left
        self._early = early
        self._since = -math.inf

    def credit(self, fps: float, now: float) -> float:
        """Return the credit in frames; infinite before the first frame, 0 at a rate of 0."""
        return (now - self._since) * fps if fps > 0 else 0.0

    def is_due(self, fps: float, now: float) -> bool:
        """Return whether a frame may be processed now, at most `early` of a frame before it is due."""
        return self.credit(fps, now) >= 1 - self._early

    def spend(self, fps: float, now: float) -> None:
        """Pay for a frame at `now`, which may be before it is due."""
        if fps > 0:
            next_since = max(self._since + 1 / fps, now - self._max_credit_left / fps)
            self._since = min(now + self._early / fps, next_since)

    def due_at(self, fps: float) -> float:
        """Return the time from which `is_due` holds; infinite at a rate of 0."""
        return self._since + (1 - self._early) / fps if fps > 0 else math.inf
