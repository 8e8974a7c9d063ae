"""Largest input scale of each camera under overload: smaller pictures instead of fewer.

Half the scale is a quarter of the detector's work. A camera that is analysed too rarely loses its road users between
two frames, and each frame costs more, since more of it changed. Smaller pictures at the usual rate count better than
whole ones at half of it. Measurements: docs/adr/0162-smaller-pictures-under-overload.md.
"""

from models.gating.input_scale import REDUCED_SCALES

SCALES = (1.0, *sorted(REDUCED_SCALES, reverse=True))
"""Scales in the order in which overload lowers them."""

INTERVAL_S = 1.0
"""Time (s) between two changes. [assumption]"""

MAX_MISSED_SHARE = 0.1
"""Share of the due frames that may be missed; above it pictures become smaller. [assumption]"""

FEW_MISSED_SHARE = 0.03
"""Share of the due frames below which pictures become larger again. [assumption]"""

STEP_DOWN_SHARE = 0.1
"""Share of the cameras whose pictures become smaller in one interval. [assumption]"""

CALM_INTERVALS = 3
"""Intervals with few missed frames before the picture of one camera becomes larger. [assumption]"""


class PictureLimits:
    """Largest input scales of the cameras of one machine, which differ by one step at most. Not thread-safe."""

    def __init__(self, cameras: int) -> None:
        self._cameras = cameras
        self._steps = 0
        self._since: float | None = None
        self._analysed = self._missed = 0
        self._calm = 0

    @property
    def reduced_share(self) -> float:
        """Steps taken as a share of all: 0 where no picture is limited, 1 where all are at the smallest scale."""
        return self._steps / self._most if self._most else 0.0

    @property
    def _most(self) -> int:
        return (len(SCALES) - 1) * self._cameras

    def scale(self, camera: int) -> float:
        """Return the largest scale of a camera, 0 < scale <= 1. camera: its number, from 0."""
        taken, others = divmod(self._steps, self._cameras)
        return SCALES[taken + (camera < others)]

    def update(self, now: float, analysed: int, missed: int) -> None:
        """Add numbers of frames since the previous call. now: seconds of a clock that never goes back.

        missed: frames that were due, but were replaced by newer ones for lack of time.
        """
        if self._since is None:
            self._since = now
            return
        self._analysed += analysed
        self._missed += missed
        if now - self._since < INTERVAL_S:
            return
        due = self._analysed + self._missed
        if self._missed > MAX_MISSED_SHARE * due:
            self._steps = min(self._most, self._steps + max(1, round(STEP_DOWN_SHARE * self._cameras)))
            self._calm = 0
        elif self._missed < FEW_MISSED_SHARE * due or not due:
            self._calm += 1
            if self._calm >= CALM_INTERVALS:
                self._steps, self._calm = max(0, self._steps - 1), 0
        else:
            self._calm = 0
        self._since, self._analysed, self._missed = now, 0, 0
