"""Watch over one connection: packets that arrive must yield whole pictures."""

FIRST_PICTURE_S = 60.0
"""Longest wait (s) for the first picture of a connection: some cameras send a keyframe only every 20 to 50 s.
[assumption]"""

DAMAGED_STALLS = 3.0
"""Longest wait for a whole picture while damaged ones come, in waits for any picture: a line that loses packets damages
most keyframes. [assumption]"""


class PictureWatch:
    """Time since which packets arrive and no picture comes out of the decoder. Times: s, `time.monotonic`.

    is_late: whether the wait has been reported. has_shown: whether a whole picture came; damaged ones before it are
    none. stall_s: longest wait for the next picture.
    """

    def __init__(self, stall_s: float) -> None:
        self._stall_s = stall_s
        self._since: float | None = None
        self._whole_since: float | None = None
        self._awaits_keyframe = True
        self.is_late = self.has_shown = False

    def packet(self, now: float, *, requested: bool, needs_keyframe: bool) -> None:
        """Note a packet. requested: whether pictures are requested. needs_keyframe: whether it is dropped."""
        if not requested:
            self._since = self._whole_since = None
            self._awaits_keyframe = True
        elif self._since is None:
            self._since = now
        self._awaits_keyframe |= needs_keyframe

    def picture(self, *, is_whole: bool = True) -> None:
        """Note a picture; one that is not whole was decoded from a part of its data."""
        if is_whole:
            self._whole_since, self.has_shown = None, True
        elif self._whole_since is None:
            self._whole_since = self._since
        self._since, self._awaits_keyframe, self.is_late = None, False, False

    def waited_s(self, now: float, limit_s: float) -> float | None:
        """Return the wait in seconds where it is too long, else None. limit_s: longest wait at the present pace."""
        waited_s = 0.0 if self._since is None else now - self._since
        if waited_s > limit_s:
            return waited_s
        damaged_s = 0.0 if self._whole_since is None else now - self._whole_since
        return damaged_s if damaged_s > DAMAGED_STALLS * self._stall_s else None

    def is_hopeless(self, waited_s: float) -> bool:
        """Return whether a new connection is the only way on: no keyframe is awaited any more."""
        return not self._awaits_keyframe or waited_s > max(self._stall_s, FIRST_PICTURE_S)
