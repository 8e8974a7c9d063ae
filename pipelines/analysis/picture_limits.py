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

MAX_MISSED_SHARE = 0.3
"""Share of the due frames that may be missed; above it pictures become smaller. [measured: docs/adr/0162: whole
pictures at 3.5 frames/s count better than three quarters of the scale at 5 (F1 .982, .972), at 2.5 worse (.935)]"""

FEW_MISSED_SHARE = 0.1
"""Share of the due frames below which pictures become larger again. [assumption]"""

SMOOTHING_CALLS = 5
"""Time constant of the missed share, calls: a burst of traffic or the start of cameras is no overload. [assumption]"""

STEP_DOWN_SHARE = 0.1
"""Share of the cameras whose pictures become smaller in one call. [assumption]"""

CALM_CALLS = 3
"""Calls with few missed frames in a row before the picture of one camera becomes larger. [assumption]"""


class PictureLimits:
    """Largest input scales of the cameras of one machine. Not thread-safe.

    The cameras with the largest road users get smaller pictures first; none below `MIN_SIDE_PX`, and none before the
    size of its road users is known, from this run or an earlier one (`pipelines.analysis.size_store`).
    """

    def __init__(self, cameras: int) -> None:
        self.scales = [1.0] * cameras
        """Largest scale of each camera, 0 < scale <= 1."""
        self._missed_share = 0.0
        self._calm = 0

    def add(self) -> None:
        """Add a camera behind the others."""
        self.scales.append(SCALES[0])

    def remove(self, camera: int) -> None:
        """Remove the camera with this number. Those behind it get the number before theirs."""
        del self.scales[camera]

    def update(self, analysed: int, missed: int, small_sides_px: Sequence[float | None]) -> None:
        """Change some scales by the numbers of frames since the previous call; to be called once a second.

        missed: frames that were due, but were replaced by newer ones for lack of time. small_sides_px: side of a small
        road user of each camera at full scale, detector pixels; None where it is not known.
        """
        now_missed = missed / max(1, analysed + missed)
        self._missed_share += (now_missed - self._missed_share) / SMOOTHING_CALLS
        self._calm = self._calm + 1 if self._missed_share <= FEW_MISSED_SHARE else 0
        if self._missed_share > MAX_MISSED_SHARE:
            for _ in range(max(1, round(STEP_DOWN_SHARE * len(self.scales)))):
                self._reduce_one(small_sides_px)
        elif self._calm == CALM_CALLS:
            self._calm = 0
            self._restore_one(small_sides_px)

    def _reduce_one(self, small_sides_px: Sequence[float | None]) -> None:
        """Take a step at the camera whose road users stay largest."""
        sides = [
            (side * SCALES[step], camera, step)
            for camera, side in enumerate(small_sides_px)
            if side is not None and (step := SCALES.index(self.scales[camera]) + 1) < len(SCALES)
        ]
        largest, camera, step = max(sides, default=(0.0, 0, 0))
        if largest >= MIN_SIDE_PX:
            self.scales[camera] = SCALES[step]

    def _restore_one(self, small_sides_px: Sequence[float | None]) -> None:
        """Take a step back at the camera whose road users are smallest."""
        sides = [
            ((small_sides_px[camera] or 0.0) * scale, camera)
            for camera, scale in enumerate(self.scales)
            if scale < SCALES[0]
        ]
        if sides:
            _, camera = min(sides)
            self.scales[camera] = SCALES[SCALES.index(self.scales[camera]) - 1]
