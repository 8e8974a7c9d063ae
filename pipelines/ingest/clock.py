"""Conversion of a stream's timestamps to Unix seconds."""

import time
from collections.abc import Callable

MAX_DELAY_S = 5.0
"""Longest delay (s) from capture to arrival; a longer one means that the stream's clock jumped. [assumption]"""


class StreamClock:
    """Map from the seconds of one stream to Unix seconds (UTC).

    Cameras' clocks start anywhere, drift and jump. The first frame counts as captured now. The map is set again when a
    frame would lie in the future (earlier frames came late), or more than `max_delay_s` in the past (the clock jumped).
    Between two such corrections, differences in time are exactly those of the stream.

    now: returns Unix seconds; replaceable in tests.
    """

    def __init__(self, now: Callable[[], float] = time.time, max_delay_s: float = MAX_DELAY_S) -> None:
        self._now = now
        self._max_delay_s = max_delay_s
        self._offset: float | None = None

    def wall(self, stream_s: float) -> float:
        """Return the Unix seconds at which the frame with timestamp `stream_s` was captured; never in the future."""
        now = self._now()
        if self._offset is None or not 0 <= now - (stream_s + self._offset) <= self._max_delay_s:
            self._offset = now - stream_s
        return stream_s + self._offset
