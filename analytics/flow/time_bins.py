"""Time bins of equal length, with the observed part of each."""

from math import floor

from analytics.facts import Coverage


class TimeBins:
    """Bins of `length_s` seconds, aligned to multiples of it. Stores one open bin; time only moves forward."""

    def __init__(self, length_s: float) -> None:
        self._length_s = length_s
        self._start_s = 0.0
        self._now: float | None = None
        self._observed_s = 0.0

    def advance(self, t: float, *, observed: bool) -> list[Coverage]:
        """Move time to `t`, observed or not; return the bins that closed, oldest first."""
        if self._now is None:
            self._start_s, self._now = floor(t / self._length_s) * self._length_s, t
            return []
        closed = []
        while t >= (end := self._start_s + self._length_s):
            self._add(end, observed)
            closed.append(Coverage(start_s=self._start_s, end_s=end, observed_s=self._observed_s))
            self._start_s, self._observed_s = end, 0.0
        self._add(t, observed)
        return closed

    def _add(self, t: float, observed: bool) -> None:
        assert self._now is not None
        self._observed_s += (t - self._now) * observed
        self._now = t

    def finish(self) -> list[Coverage]:
        """Close the open bin at the current time, and return it unless it is empty."""
        if self._now is None or self._now <= self._start_s:
            return []
        last = Coverage(start_s=self._start_s, end_s=self._now, observed_s=self._observed_s)
        self._start_s, self._observed_s, self._now = self._now, 0.0, None
        return [last]
