"""Times of a live stream, corrected by the times at which its packets arrive (docs/adr/0126-rate-of-a-stream-clock.md).

All times are seconds. Arrival is that of `time.monotonic`.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

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

MAX_RATE = 3.0
"""Greatest error, as a factor, that is an error of the rate. A stream beyond it has no usable times. [assumption]"""

JUDGED_S = 15.0
"""Time (s) after which a window without a certain drift shows that the rate is right. [assumption]"""

MAX_STEP_S = 2.0
"""Longest step (s) of stream time ahead of arrival; a longer one is a jump. [assumption]"""

PROBED_S, MAX_PROBED_STEP_S = 0.5, 10.0
"""Time (s) from the first packet in which those arrive that were read to open the stream, and their longest step (s).

[assumption] They arrive at once: the second frame of a camera that sends one in three seconds is ahead by three.
"""

MAX_JUMP_SHARE = 0.2
"""Greatest share of jumps among the steps; with more of them, the stream has no usable times. [assumption]"""

JUMP_MEMORY = 0.02
"""Weight of the latest step in that share. [assumption]"""

SMOOTHING = 0.03
"""Share of a packet's deviation from the even sequence that its time follows, without usable times. [assumption]"""

MAX_LAG_S = 1.0
"""Longest deviation (s) of an even sequence from arrival. [assumption]"""

MIN_STEP_S = 1e-4
"""Least step (s) between two packets. [assumption]"""


class ClockState(Enum):
    """What is known of a stream's clock.

    RIGHT: used as it is. OFF: its rate is corrected. UNUSABLE: not used. ABSENT: the format states no times.
    """

    RIGHT = auto()
    OFF = auto()
    UNUSABLE = auto()
    ABSENT = auto()


@dataclass(slots=True)
class ClockVerdict:
    """Verdict on the clock of one address, kept over its connections. rate: stream seconds per second."""

    state: ClockState = ClockState.RIGHT
    rate: float = 1.0


class StreamTimes:
    """Times of one connection that advance as fast as real time. Not thread-safe.

    A jump of the stream's time becomes the step of arrival. A wrong rate is corrected. Where the stream has no usable
    times, its packets are placed at their times of arrival, smoothed.

    verdict: of earlier connections to the address; updated.
    """

    def __init__(self, verdict: ClockVerdict, *, has_own_times: bool = True) -> None:
        self.verdict = verdict
        self._has_own_times = has_own_times
        if not has_own_times:
            verdict.state = ClockState.ABSENT
        self._drift = _DriftWindow()
        self._began = False
        self._stream: float | None = None
        self._last_step: float | None = None
        self._continuous = self._placed = 0.0
        self._arrived = 0.0
        self._usual_step = 0.0
        self._steps = 0
        self._jump_share = 0.0

    def place(self, stream_s: float | None, arrived: float) -> float:
        """Return the time of the next packet in decoding order; it rises strictly. stream_s: as the stream states."""
        if not self._began:
            self._began, self._stream, self._arrived = True, stream_s, arrived
            self._drift.add(arrived, 0.0)
            return self._placed
        passed_s, self._arrived = arrived - self._arrived, arrived
        step_s = self._stream_step(stream_s, passed_s)
        self._continuous += step_s
        if self._has_own_times and self._drift.add(arrived, self._continuous):
            self._judge()
        if self.verdict.state in (ClockState.UNUSABLE, ClockState.ABSENT):
            self._placed += self._even_step(arrived, passed_s)
        else:
            self._placed += max(step_s / self.verdict.rate, MIN_STEP_S)
        return self._placed

    @property
    def ahead_s(self) -> float:
        """Seconds by which the last packet was placed ahead of its arrival, counted from the first packet."""
        return self._placed - self._drift.since_start(self._arrived)

    def _stream_step(self, stream_s: float | None, passed_s: float) -> float:
        """Return the seconds since the last packet as the stream states them; those of arrival at a jump.

        A packet without a time counts as a jump. It steps as the one before it, but not beyond arrival.
        """
        if stream_s is None:
            self._note_step(is_jump=True)
            step_s = passed_s if self._last_step is None else min(passed_s, self._last_step)
            self._stream = None if self._stream is None else self._stream + step_s
            return step_s
        step_s = -1.0 if self._stream is None else stream_s - self._stream
        self._stream = stream_s
        is_probed = self._drift.since_start(self._arrived) < PROBED_S
        longest_s = MAX_PROBED_STEP_S if is_probed else MAX_STEP_S
        is_jump = not 0 <= step_s <= longest_s + MAX_RATE * passed_s
        self._note_step(is_jump=is_jump)
        if is_jump:
            return passed_s
        self._last_step = step_s
        return step_s

    def _note_step(self, *, is_jump: bool) -> None:
        self._jump_share += JUMP_MEMORY * (is_jump - self._jump_share)

    def _judge(self) -> None:
        rate = self._drift.rate()
        was_unusable = self.verdict.state is ClockState.UNUSABLE
        if self._jump_share > MAX_JUMP_SHARE or (rate is not None and rate < 1 / MAX_RATE):
            self.verdict.state, self.verdict.rate = ClockState.UNUSABLE, 1.0
        elif rate is None or (was_unusable and self._drift.span_s < JUDGED_S):
            return
        elif rate > MAX_RATE or rate == 1.0:
            self.verdict.state, self.verdict.rate = ClockState.RIGHT, 1.0
        else:
            self.verdict.state, self.verdict.rate = ClockState.OFF, rate

    def _even_step(self, arrived: float, passed_s: float) -> float:
        """Return a step of the usual length, corrected by a share of the deviation from arrival."""
        self._steps += 1
        self._usual_step += max(SMOOTHING, 1 / self._steps) * (passed_s - self._usual_step)
        deviation_s = self._drift.since_start(arrived) - (self._placed + self._usual_step)
        share = 1.0 if abs(deviation_s) > MAX_LAG_S else SMOOTHING
        return max(self._usual_step + share * deviation_s, MIN_STEP_S)


class _DriftWindow:
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

    def rate(self) -> float | None:
        """Return the stream's seconds per second: 1 where no drift is certain; None before that is certain."""
        if len(self._points) < 5:
            return None
        arrived, delays = np.array(self._points).T
        slope, offset = np.polyfit(arrived - arrived[0], delays, 1)
        spread_s = float(np.std(delays - slope * (arrived - arrived[0]) - offset))
        drift_s = abs(slope) * self.span_s
        if abs(slope) >= MIN_RATE_ERROR and drift_s >= max(MIN_DRIFT_S, CERTAINTY * spread_s):
            return max(0.0, 1.0 - float(slope))
        return 1.0 if self.span_s >= JUDGED_S else None
