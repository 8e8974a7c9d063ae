"""Stream time to wall-clock time."""

import time
from collections.abc import Callable

DELAY_TOLERATED_S = 5.0


class StreamClock:
    """Maps the seconds of one stream to Unix seconds (UTC).

    Cameras' clocks start anywhere, drift, and jump. The first picture is taken to be of this moment. A picture that
    would be of the future shows that earlier ones came late, and one that would be long past that the stream jumped:
    both set the clock anew. Between such corrections, distances in time are exactly those of the stream.

    now: Unix seconds, replaceable in tests.
    """

    def __init__(self, now: Callable[[], float] = time.time, delay_tolerated_s: float = DELAY_TOLERATED_S) -> None:
        self._now = now
        self._delay_tolerated_s = delay_tolerated_s
        self._offset: float | None = None

    def wall(self, stream_s: float) -> float:
        """Unix seconds at which the picture stamped `stream_s` was taken; never in the future."""
        now = self._now()
        if self._offset is None or not 0 <= now - (stream_s + self._offset) <= self._delay_tolerated_s:
            self._offset = now - stream_s
        return stream_s + self._offset
