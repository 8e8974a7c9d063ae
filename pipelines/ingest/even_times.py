"""Times of a stream without usable times of its own: even steps that follow the arrival of its packets."""

from collections import deque

MEASURED_S = 20.0
"""Time (s) over which the usual step is measured; a stop of 3 s, and the frames that follow at once, cancel out in it.
[assumption]"""

LATE_S = 0.5
"""Deviation (s) from arrival that is more than the jitter of a network. [assumption]"""

CATCH_UP_S = 1.0
"""Time (s) after a stop in which the frames that were kept back arrive; without them, they are lost. [assumption]"""

SHARE_LATE, SHARE_EARLY = 0.03, 0.1
"""Share of a deviation that one step corrects, for packets later and earlier than their times. No packet arrives before
its capture, so that the earliest ones count most. [assumption]"""

MIN_STEP_S = 1e-4
"""Least step (s) between two packets. [assumption]"""


class EvenTimes:
    """Steps between the packets of one connection. Not thread-safe. All times are seconds.

    After a stop of the network, steps stay as usual: the frames that were kept back arrive at once and fill the gap.
    Where they do not arrive, the gap follows. usual_s: mean step of the last 20 s.
    """

    def __init__(self) -> None:
        self._on_time: deque[tuple[float, int]] = deque()
        self._number = 0
        self._lag = self._least_lag = 0.0
        self._late_since: float | None = None
        self.usual_s = 0.0

    def step(self, arrived: float, passed_s: float) -> float:
        """Return the step to the next packet. passed_s: time since the arrival of the last one."""
        self._number += 1
        if len(self._on_time) < 2:
            self.usual_s = passed_s
        lag = self._lag + passed_s - self.usual_s
        if lag < -LATE_S:
            return self._restart(arrived, passed_s)
        if lag > LATE_S:
            return self._late_step(arrived, lag)
        self._late_since = None
        self._note_on_time(arrived)
        step_s = max(self.usual_s + (SHARE_LATE if lag > 0 else SHARE_EARLY) * lag, MIN_STEP_S)
        self._lag = lag + self.usual_s - step_s
        return step_s

    def _note_on_time(self, arrived: float) -> None:
        self._on_time.append((arrived, self._number))
        while arrived - self._on_time[0][0] > MEASURED_S:
            self._on_time.popleft()
        (since, first), (until, last) = self._on_time[0], self._on_time[-1]
        if last > first:
            self.usual_s = (until - since) / (last - first)

    def _late_step(self, arrived: float, lag: float) -> float:
        if self._late_since is None:
            self._late_since, self._least_lag = arrived, lag
        self._least_lag = min(self._least_lag, lag)
        if arrived - self._late_since < CATCH_UP_S:
            self._lag = lag
            return max(self.usual_s, MIN_STEP_S)
        return self._restart(arrived, self.usual_s + self._least_lag)

    def _restart(self, arrived: float, step_s: float) -> float:
        """Start the measurement of the usual step again, after a gap or another frame rate, and return this step."""
        self._on_time.clear()
        self._on_time.append((arrived, self._number))
        self._lag, self._late_since = 0.0, None
        return max(step_s, MIN_STEP_S)
