"""Largest input scale of each camera under overload: smaller pictures instead of fewer.

Half the scale is a quarter of the detector's work. A camera that is analysed too rarely loses its road users between
two frames, and each frame costs more, since more of it changed. Where road users are large, smaller pictures at the
usual rate count better than whole ones at half of it. Measurements: docs/adr/0162-smaller-pictures-under-overload.md.
"""

from collections.abc import Sequence

from models.gating.input_scale import REDUCED_SCALES

SCALES = (1.0, *sorted(REDUCED_SCALES, reverse=True))
"""Scales in the order in which overload lowers them."""

MIN_SIDE_PX = 12.0
"""Least side of a small road user, detector pixels, that overload leaves. [measured: docs/adr/0033-input-scale.md: from
15 and 18 pixels, three quarters of the scale lose nothing; from 14, an eighth is lost]"""

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
    """Largest input scales of the cameras of one machine. Not thread-safe.

    The cameras with the largest road users get smaller pictures first; none below `MIN_SIDE_PX`, and none before the
    size of its road users is known.
    """

    def __init__(self, cameras: int) -> None:
        self._scales = [1.0] * cameras
        self._since: float | None = None
        self._analysed = self._missed = 0
        self._calm = 0

    def scale(self, camera: int) -> float:
        """Return the largest scale of a camera, 0 < scale <= 1. camera: its number, from 0."""
        return self._scales[camera]

    def update(self, now: float, analysed: int, missed: int, small_sides_px: Sequence[float | None]) -> None:
        """Add numbers of frames since the previous call. now: seconds of a clock that never goes back.

        missed: frames that were due, but were replaced by newer ones for lack of time. small_sides_px: side of a small
        road user of each camera at full scale, detector pixels; None where it is not known.
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
            self._calm = 0
            for _ in range(max(1, round(STEP_DOWN_SHARE * len(self._scales)))):
                self._reduce_one(small_sides_px)
        elif self._missed < FEW_MISSED_SHARE * due or not due:
            self._calm += 1
            if self._calm >= CALM_INTERVALS:
                self._calm = 0
                self._restore_one(small_sides_px)
        else:
            self._calm = 0
        self._since, self._analysed, self._missed = now, 0, 0

    def _reduce_one(self, small_sides_px: Sequence[float | None]) -> None:
        """Take a step at the camera whose road users stay largest."""
        sides = [
            (side * SCALES[step], camera, step)
            for camera, side in enumerate(small_sides_px)
            if side is not None and (step := SCALES.index(self._scales[camera]) + 1) < len(SCALES)
        ]
        largest, camera, step = max(sides, default=(0.0, 0, 0))
        if largest >= MIN_SIDE_PX:
            self._scales[camera] = SCALES[step]

    def _restore_one(self, small_sides_px: Sequence[float | None]) -> None:
        """Take a step back at the camera whose road users are smallest."""
        sides = [
            ((small_sides_px[camera] or 0.0) * scale, camera)
            for camera, scale in enumerate(self._scales)
            if scale < SCALES[0]
        ]
        if sides:
            _, camera = min(sides)
            self._scales[camera] = SCALES[SCALES.index(self._scales[camera]) - 1]
