"""Times of the frames of a recording, whatever the recorder's clock did (docs/adr/0127-times-of-recordings.md)."""

from collections.abc import Sequence
from itertools import pairwise

MIN_STEP_S = 1e-3
"""Least difference (s) between the times of two frames. [assumption]"""

MAX_STEP_S = 5.0
"""Longest step (s) between two frames that is taken as it is. [assumption]"""

MAX_PAUSE_S = 3600.0
"""Longest step (s) that is a pause of the recorder; a longer one means that its clock was set. [assumption]"""

MIN_FRAME_S = 1 / 240
"""Least usual step (s) between frames; a recording below it states its times in another unit. [assumption]"""

MAX_REPEATED_SHARE = 0.2
"""Greatest share of repeated times beyond which the usual step is their mean. [assumption]"""

MAX_LEAD_S = 1.0
"""Longest time (s) by which frames without a time of their own may run ahead of the next stated time. [assumption]"""


def usual_step(stated: Sequence[float]) -> float | None:
    """Return the usual step (s) between frames from the stated times of some in a row; None without one.

    Repeated times, as of a clock of whole seconds, share the step to the next time.

    >>> usual_step([0.0, 0.04, 0.08, 112_835.0, 0.12]), usual_step([0.0, 0.0, 0.08, 0.08, 0.16]), usual_step([7.0])
    (0.04, 0.04, None)
    """
    steps = [after - before for before, after in pairwise(stated) if 0 <= after - before <= MAX_STEP_S]
    while steps and steps[-1] == 0:
        steps.pop()
    rising = sorted(step_s for step_s in steps if step_s > 0)
    if not rising:
        return None
    if len(rising) < (1 - MAX_REPEATED_SHARE) * len(steps):
        return sum(rising) / len(steps)
    return rising[len(rising) // 2]


class RecordedTimes:
    """Seconds of each frame since the first, from the times that the recording states; they rise strictly.

    frame_s: usual step (s) between two frames. A stray time, a step back and a missing or repeated time become the
    usual step. A step ahead that lasts is a pause, up to `MAX_PAUSE_S`.
    """

    def __init__(self, frame_s: float) -> None:
        self._frame_s = frame_s
        self._stated: float | None = None
        self._offset = 0.0
        self._placed: float | None = None

    def place(self, stated: float | None, following: float | None) -> float:
        """Return the time of the next frame. stated, following: as the recording states this and the next time."""
        if self._placed is None:
            self._placed, self._stated = 0.0, stated
            self._offset = -(stated or 0.0)
        else:
            self._placed = self._next(self._placed, stated, following)
        return self._placed

    def _next(self, placed: float, stated: float | None, following: float | None) -> float:
        usual = placed + self._frame_s
        if stated is None:
            return usual
        if self._stated is None:
            return self._continue_from(stated, usual)
        step_s = stated - self._stated
        if step_s == 0:
            return usual
        is_odd = not 0 < step_s <= MAX_STEP_S or (following is not None and following < stated)
        if is_odd and self._is_stray(following):
            return usual
        is_set = step_s < 0 or step_s > MAX_PAUSE_S or placed - (self._stated + self._offset) > MAX_LEAD_S
        if is_set or (step_s > MAX_STEP_S and following is None):
            return self._continue_from(stated, usual)
        self._stated = stated
        return max(stated + self._offset, placed + MIN_STEP_S)

    def _continue_from(self, stated: float, placed: float) -> float:
        self._stated, self._offset = stated, placed - stated
        return placed

    def _is_stray(self, following: float | None) -> bool:
        """Return whether the next frame continues from the last one."""
        return following is not None and self._stated is not None and 0 < following - self._stated <= MAX_STEP_S
