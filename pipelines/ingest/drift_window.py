"""Drift of a stream's clock against arrival, over a window. All times are seconds."""

from collections import deque
from collections.abc import Sequence
from math import sqrt
from operator import mul

WINDOW_S = 30.0
"""Length (s) of the window in which stream time is compared with arrival. [assumption]"""

BIN_S = 0.5
"""Length (s) of the part of the window that counts as one point: its least delayed packet. [assumption]"""

MIN_DRIFT_S = 1.2
"""Least drift (s) that is no delay of the network. [assumption]"""

MIN_RATE_ERROR = 0.015
"""Least error of a clock's rate that is corrected; clocks that work are off by 0.0001. [assumption]"""

CERTAINTY = 12.0
"""Least ratio of the drift to the spread of the delays around it; a sudden delay has 6. [computed: a step in the middle
of the window]"""

CHANGED_S, MIN_CHANGE_S, CHANGE_CERTAINTY = 10.0, 2.75, 24.0
"""Latest part (s) of the window in which a change of the rate shows; its least drift (s) from the rate before, and
least ratio of it to the spread. A line that gets slower keeps back less. [computed: 2 s of delay in 4 s]"""

MIN_POINTS = 5
"""Least number of points of a line. [assumption]"""

JUDGED_S = 15.0
"""Time (s) after which a window without a certain drift shows that the rate is right. [assumption]"""


class DriftWindow:
    """Points of the window: arrival and delay of the least delayed packet of each bin."""

    def __init__(self) -> None:
        self._start: float | None = None
        self._points: deque[tuple[float, float]] = deque()
        self._best: tuple[float, float] | None = None
        self._bin_end = 0.0

    def since_start(self, arrived: float) -> float:
        """Return the seconds since the first packet."""
        return 0.0 if self._start is None else arrived - self._start

    @property
    def span_s(self) -> float:
        """Seconds from the first point to the last."""
        return self._points[-1][0] - self._points[0][0] if self._points else 0.0

    def add(self, arrived: float, stream_s: float) -> bool:
        """Add a packet; return whether it completed a bin."""
        if self._start is None:
            self._start = arrived
            self._bin_end = arrived + BIN_S
        point = arrived, arrived - self._start - stream_s
        is_complete = arrived >= self._bin_end
        if is_complete:
            if self._best is not None:
                self._points.append(self._best)
            self._best, self._bin_end = None, arrived + BIN_S
            while self._points and self._points[0][0] < arrived - WINDOW_S:
                self._points.popleft()
        if self._best is None or point[1] < self._best[1]:
            self._best = point
        return is_complete

    def rate(self, known: float) -> float | None:
        """Return the stream's seconds per second: 1 where no drift is certain; None before that is certain.

        known: rate so far. Points before a change of it are dropped.
        """
        has_changed = self._drop_before_change(known)
        if len(self._points) < MIN_POINTS:
            return None
        slope, spread_s, span_s = _line(self._points)
        is_wrong = abs(slope) >= MIN_RATE_ERROR
        if is_wrong and (has_changed or abs(slope) * span_s >= max(MIN_DRIFT_S, CERTAINTY * spread_s)):
            return max(0.0, 1.0 - slope)
        return 1.0 if has_changed or span_s >= JUDGED_S else None

    def _drop_before_change(self, known: float) -> bool:
        latest = self._points[-1][0] if self._points else 0.0
        recent = [point for point in self._points if point[0] >= latest - CHANGED_S]
        if len(recent) in (len(self._points), *range(2 * MIN_POINTS)):
            return False
        slope, spread_s, span_s = _line(recent)
        change_s = abs(slope - (1.0 - known)) * span_s
        has_changed = change_s >= max(MIN_CHANGE_S, CHANGE_CERTAINTY * spread_s)
        if has_changed:
            self._points = deque(recent)
        return has_changed


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Return slope, spread (s) and length (s) of the least squares line through points of (arrival, delay)."""
    count = len(points)
    mean_arrival, mean_delay = (sum(values) / count for values in zip(*points, strict=True))
    arrivals = [arrived - mean_arrival for arrived, _ in points]
    delays = [delay - mean_delay for _, delay in points]
    covariance = sum(map(mul, arrivals, delays))
    slope = covariance / sum(map(mul, arrivals, arrivals))
    residual = sum(map(mul, delays, delays)) - slope * covariance
    return slope, sqrt(max(0.0, residual) / count), arrivals[-1] - arrivals[0]
