"""Pace of a stream that can be read faster than real time: a file, or HLS."""

import time
from threading import Event as Flag

MAX_PACING_WAIT_S = 15.0
"""Longest wait (s) for the time of a packet; beyond it, the timestamps jumped. [assumption]"""

MAX_PACING_LAG_S = 1.0
"""Largest lag (s) that faster reading makes up for; beyond it, pacing starts again. [assumption]"""


class RealTimePacer:
    """Delay of packets that are read faster than real time. It starts again after a lag or a jump of timestamps."""

    def __init__(self, stop: Flag) -> None:
        self._stop = stop
        self._anchor: float | None = None

    def wait_until(self, stream_s: float) -> None:
        """Wait for the time of the timestamp `stream_s`, or for `stop`."""
        now = time.monotonic()
        if self._anchor is None or not -MAX_PACING_LAG_S < self._anchor + stream_s - now < MAX_PACING_WAIT_S:
            self._anchor = now - stream_s
        self._stop.wait(max(0.0, self._anchor + stream_s - now))
