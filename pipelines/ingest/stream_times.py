"""Times of a live stream, corrected by the times at which its packets arrive (docs/adr/0126-rate-of-a-stream-clock.md).

All times are seconds. Arrival is that of `time.monotonic`.
"""

from dataclasses import dataclass
from enum import Enum, auto

from pipelines.ingest.drift_window import JUDGED_S, DriftWindow
from pipelines.ingest.even_times import MIN_STEP_S, EvenTimes

MAX_RATE = 3.0
"""Greatest error, as a factor, that is an error of the rate. A stream beyond it has no usable times. [assumption]"""

MAX_STEP_S = 2.0
"""Longest step (s) of stream time ahead of arrival; a longer one is a jump. [assumption]"""

MAX_LEAP_S, LEAP_STEPS = 0.25, 1.5
"""Longest step (s) ahead of arrival, and of all packets before, that is none of the clock; in usual steps for rare
frames. [assumption]"""

LEAD_DECAY, MAX_DECAY_S = 0.05, 0.1
"""Seconds per second by which the lead of earlier packets is forgotten, and the most between two packets: in a stall
nothing is learned of the clock. [assumption]"""

PROBED_S, MAX_PROBED_STEP_S = 0.5, 10.0
"""Time (s) from the first packet in which those arrive that were read to open the stream, and their longest step (s).

[assumption] They arrive at once: the second frame of a camera that sends one in three seconds is ahead by three.
"""

RETURN_S, MAX_RETURN_ERROR_S = 1.0, 0.15
"""Longest time (s) of strays before the times continue as before them, and the largest deviation (s) then. [assumption]
"""

MAX_JUMP_SHARE, MAX_JUMP_SHARE_AGAIN = 0.2, 0.05
"""Greatest share of jumps among the steps; with more of them, the stream has no usable times, until fewer than the
second share. [assumption]"""

JUMP_MEMORY = 0.02
"""Weight of the latest step in that share. [assumption]"""

MIN_FILE_FPS = 100.0
"""Least packets per second of a file that is read as fast as it arrives; no camera sends as many. [assumption]"""


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


@dataclass(frozen=True, slots=True)
class _Good:
    """Last packet before a jump: its time as stated, its arrival, and its continuous time."""

    stream_s: float
    arrived: float
    continuous_s: float


class StreamTimes:
    """Times of one connection that advance as fast as real time. Not thread-safe.

    A jump of the stream's time becomes the step of arrival, as does a repeated time. A wrong rate is corrected. Where
    the stream has no usable times, its packets are placed at their times of arrival, smoothed.

    verdict: of earlier connections to the address; updated.
    """

    def __init__(self, verdict: ClockVerdict, *, has_own_times: bool = True) -> None:
        self.verdict = verdict
        self._has_own_times = has_own_times
        if not has_own_times:
            verdict.state = ClockState.ABSENT
        self._drift = DriftWindow()
        self._even = EvenTimes()
        self._began = False
        self._stream: float | None = None
        self._last_step: float | None = None
        self._continuous = self._placed = 0.0
        self._arrived = 0.0
        self._lead = 0.0
        self._good: _Good | None = None
        self._jump_share = 0.0

    def place(self, stream_s: float | None, arrived: float) -> float:
        """Return the time of the next packet in decoding order; it rises strictly. stream_s: as the stream states."""
        if not self._began:
            self._began, self._stream, self._arrived = True, stream_s, arrived
            self._drift.add(arrived, 0.0)
            return self._placed
        passed_s = arrived - self._arrived
        step_s = self._stream_step(stream_s, arrived, passed_s)
        self._arrived = arrived
        self._continuous += step_s
        even_s = self._even.step(arrived, passed_s)
        if self._has_own_times and self._drift.add(arrived, self._continuous):
            self._judge()
        self._placed += even_s if self._is_even else max(step_s / self.verdict.rate, MIN_STEP_S)
        decay_s = min(LEAD_DECAY * passed_s, MAX_DECAY_S)
        self._lead = max(self._lead - decay_s, self._placed - self._drift.since_start(arrived))
        return self._placed

    @property
    def _is_even(self) -> bool:
        return self.verdict.state in (ClockState.UNUSABLE, ClockState.ABSENT)

    @property
    def ahead_s(self) -> float:
        """Seconds by which the last packet was placed ahead of its arrival, counted from the first packet."""
        return 0.0 if self._is_even else self._placed - self._drift.since_start(self._arrived)

    def _stream_step(self, stream_s: float | None, arrived: float, passed_s: float) -> float:
        """Return the seconds since the last packet as the stream states them; those of arrival at a jump.

        A packet without a time counts as a jump. It steps as the one before it, but not beyond arrival.
        """
        if stream_s is None:
            self._note_step(is_jump=True)
            step_s = passed_s if self._last_step is None else min(passed_s, self._last_step)
            self._stream = None if self._stream is None else self._stream + step_s
            return step_s
        before, self._stream = self._stream, stream_s
        step_s = -1.0 if before is None else stream_s - before
        is_jump = self._is_jump(step_s, passed_s)
        returned_s = self._returned_step(stream_s, arrived)
        self._note_step(is_jump=is_jump)
        if returned_s is not None:
            self._good = None
            return returned_s
        if is_jump:
            if self._good is None and before is not None:
                self._good = _Good(before, self._arrived, self._continuous)
            return passed_s
        self._last_step = step_s
        return step_s

    def _is_jump(self, step_s: float, passed_s: float) -> bool:
        """Return whether the clock was set, or the time is repeated: no network makes a packet so early."""
        if step_s <= MIN_STEP_S:
            return True
        since_start_s = self._drift.since_start(self._arrived) + passed_s
        if since_start_s < PROBED_S:
            return step_s > MAX_PROBED_STEP_S + MAX_RATE * passed_s
        is_leap = step_s > MAX_STEP_S + MAX_RATE * passed_s
        step_s /= self.verdict.rate
        # After a stall the frame before it comes late, and the next one, in time, is a step ahead of the two arrivals.
        if self._placed + step_s - since_start_s <= self._lead + MAX_LEAP_S:
            return False
        longest_s = max(MAX_LEAP_S, LEAP_STEPS * (self._last_step or 0.0) / self.verdict.rate)
        return is_leap or step_s - passed_s > longest_s

    def _returned_step(self, stream_s: float, arrived: float) -> float | None:
        """Return the step to a packet that continues from the last one before strays; None for any other."""
        good = self._good
        if good is None:
            return None
        waited_s, stated_s = arrived - good.arrived, stream_s - good.stream_s
        if waited_s > RETURN_S:
            self._good = None
        elif stated_s > 0 and abs(stated_s / self.verdict.rate - waited_s) <= MAX_RETURN_ERROR_S:
            return good.continuous_s + stated_s - self._continuous
        return None

    def _note_step(self, *, is_jump: bool) -> None:
        self._jump_share += JUMP_MEMORY * (is_jump - self._jump_share)

    def _judge(self) -> None:
        rate = self._drift.rate(self.verdict.rate)
        was_unusable = self.verdict.state is ClockState.UNUSABLE
        is_file = self._even.usual_s < 1 / MIN_FILE_FPS
        is_far_off = rate is not None and not (1 / MAX_RATE <= rate <= MAX_RATE or (rate > 1 and is_file))
        if is_far_off or self._jump_share > (MAX_JUMP_SHARE_AGAIN if was_unusable else MAX_JUMP_SHARE):
            self.verdict.state, self.verdict.rate = ClockState.UNUSABLE, 1.0
        elif rate is None or (was_unusable and self._drift.span_s < JUDGED_S):
            return
        elif rate > MAX_RATE or rate == 1.0:
            self.verdict.state, self.verdict.rate = ClockState.RIGHT, 1.0
        else:
            self.verdict.state, self.verdict.rate = ClockState.OFF, rate
