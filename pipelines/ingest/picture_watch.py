"""Watch over one connection: packets that arrive must yield pictures."""

FIRST_PICTURE_S = 60.0
"""Longest wait (s) for the first picture of a connection: some cameras send a keyframe only every 20 to 50 s.
[assumption]"""


class PictureWatch:
    """Time since which packets arrive and no picture comes out of the decoder. Times: s, `time.monotonic`.

    is_late: whether the wait has been reported. stall_s: longest wait for the next picture.
    """

    def __init__(self, stall_s: float) -> None:
        self._stall_s = stall_s
        self._since: float | None = None
        self._awaits_keyframe = True
        self.is_late = False

    def packet(self, now: float, *, requested: bool, needs_keyframe: bool) -> None:
        """Note a packet. requested: whether pictures are requested. needs_keyframe: whether it is dropped."""
        if not requested:
            self._since, self._awaits_keyframe = None, True
        elif self._since is None:
            self._since = now
        self._awaits_keyframe |= needs_keyframe

    def picture(self) -> None:
        """Note a picture."""
        self._since, self._awaits_keyframe, self.is_late = None, False, False

    def waited_s(self, now: float) -> float | None:
        """Return the wait in seconds where it is longer than `stall_s`, else None."""
        waited_s = 0.0 if self._since is None else now - self._since
        return waited_s if waited_s > self._stall_s else None

    def is_hopeless(self, waited_s: float) -> bool:
        """Return whether a new connection is the only way on: no keyframe is awaited any more."""
        return not self._awaits_keyframe or waited_s > max(self._stall_s, FIRST_PICTURE_S)
