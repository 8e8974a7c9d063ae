"""Longest wait for a picture of a live stream, by the pace at which its pictures came so far.

A connection that is half open, and a camera that began to send another codec, show nothing and end nothing. Waiting for
`stall_s` loses 10 s; a shorter limit for all would cut cameras that are slow by nature. So each stream is measured by
its own pace.
"""

from dataclasses import dataclass

SHORTEST_S = 3.0
"""Shortest limit (s): networks pause for a second or two. [assumption]"""

PAUSES = 3.0
"""Limit in usual pauses between pictures, and in times between keyframes. [assumption]"""

LEARNED_S, LEARNED_PICTURES = 5.0, 10
"""Time (s) and pictures of a connection after which its pace is known. [assumption]"""

BURST_S = 1.0
"""Time (s) from the first picture in which those arrive that were sent before: they have no pace. [assumption]"""

WINDOW_S = 300.0
"""Time (s) over which the pace is measured; that of one window before counts, too. [assumption: cameras that send less
while nothing moves do so every few minutes]"""


@dataclass(slots=True)
class _Window:
    """Longest pauses (s) between pictures, and the longest time between keyframes without its longest pause."""

    longest_s: float = 0.0
    second_s: float = 0.0
    keyframe_s: float = 0.0


class PictureCadence:
    """Pace of the pictures of one address, kept over its connections. Not thread-safe. Times: s, `time.monotonic`.

    stall_s: longest limit, and the limit until the pace is known. limit_s: longest wait for the next picture. One long
    pause is none of the pace, since networks stall; nor is a stall a longer time between keyframes.
    """

    def __init__(self, stall_s: float) -> None:
        self.stall_s = self.limit_s = stall_s
        self._before, self._now = _Window(), _Window()
        self._window_ends_at = 0.0
        self.connected()

    def connected(self) -> None:
        """Begin a connection, whose pace is not known."""
        self.limit_s = self.stall_s
        self._began_at: float | None = None
        self._at = self._keyframe_at = self._pause_s = 0.0
        self._pictures = self._keyframes = 0

    def picture(self, at: float, *, is_keyframe: bool) -> None:
        """Add a picture."""
        if self._began_at is None:
            self._began_at = at
        pause_s, self._at = at - self._at, at
        if at - self._began_at <= BURST_S:
            return
        if self._pictures > 0:
            self._add_pause(pause_s)
        self._pictures += 1
        if is_keyframe:
            self._add_keyframe(at, self._began_at)

    def _add_pause(self, pause_s: float) -> None:
        self._pause_s = max(self._pause_s, pause_s)
        window = self._now
        if pause_s > window.second_s:
            window.longest_s, window.second_s = max(pause_s, window.longest_s), min(pause_s, window.longest_s)

    def _add_keyframe(self, at: float, began_at: float) -> None:
        if self._keyframes > 0:
            self._now.keyframe_s = max(self._now.keyframe_s, at - self._keyframe_at - self._pause_s)
        self._keyframes += 1
        self._keyframe_at, self._pause_s = at, 0.0
        if self._keyframes > 1 and self._pictures >= LEARNED_PICTURES and at - began_at >= LEARNED_S:
            usual_s = max(self._before.second_s, self._now.second_s, self._before.keyframe_s, self._now.keyframe_s)
            self.limit_s = min(self.stall_s, max(SHORTEST_S, PAUSES * usual_s))
        if at > self._window_ends_at:
            self._window_ends_at = at + WINDOW_S
            self._before, self._now = self._now, _Window()
