"""Size of a camera's crops, by how many of the road users in whole frames the network finds in crops.

A network may be weak in crops: with little road around them, riders get a low confidence. Some frames are detected as
a whole anyway, which gives trials without more detection, in frames next to them:

- A track of a whole frame comes into a crop for the first time: it is detected there or missed.
- A track of a whole frame was in a crop before: it was detected there or missed.

A sequential test (CUSUM) of the trials decides that crops are too small. They become larger then, and at last whole
frames. After a time smaller ones are tried again. Measurements: docs/adr/0194-weak-in-crops.md.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from math import log

from models.packing.crop_collage import Rectangle

LEAST_SIDES_PX: tuple[int | None, ...] = (96, 160, None)
"""Smallest sides of a crop, pixels, the cheapest first; None for whole frames.

With 96 COCO's network counted 3 of 14 riders, with 160 it counted 12; `street` counted 14 and 13 [measured:
docs/adr/0194-weak-in-crops.md].
"""

MIN_CONFIDENCE = 0.4
"""Confidence in the whole frame from which a track is a trial: less is often missed in the next whole frame, too.

[measured: docs/adr/0194-weak-in-crops.md]
"""

EDGE_MARGIN = 1.0
"""Distance to the window's edge, in longer sides of the box, below which a track is no trial: it may leave.

[measured: docs/adr/0194-weak-in-crops.md]
"""

TOLERATED_MISS, WEAK_MISS = 0.2, 0.4
"""Shares of trials that a strong network misses at most, and a weak one at least.

`street` missed 0 to 0.14 on 14 clips, COCO's network 0.4 where it lost counts [measured: as `LEAST_SIDES_PX`].
"""

MISS_WEIGHT = log(WEAK_MISS / TOLERATED_MISS)
"""Log-likelihood ratio of a miss [source: Page, Continuous Inspection Schemes, 1954]."""

HIT_WEIGHT = log((1 - WEAK_MISS) / (1 - TOLERATED_MISS))
"""Log-likelihood ratio of a detection, negative [source: as MISS_WEIGHT]."""

WEAK_SCORE = 4.0
"""Sum of the log-likelihood ratios from which crops are too small [computed: docs/adr/0194-weak-in-crops.md].

It is reached after 29 frames with trials where 0.42 are missed, and by chance after 18,000 where 0.13 are.
"""

RETRY_S = 120.0
"""Time until smaller crops are tried again, seconds, doubled with each try that fails within it [assumption]."""

MAX_RETRY_S = 3600.0
"""The same at most: light and traffic of a camera change within hours [assumption]."""

SHARE_TRIALS = 20
"""Last trials whose share of detections is reported [assumption]."""

Box = Sequence[float]
"""Left, top, right, bottom in pixels of the window."""

TrackedBox = tuple[float, Box]
"""Confidence, 0..1, of the detection of a track, and its box."""


class CropSize:
    """Smallest crops of one camera; not thread-safe. Call `restart`, then `observe` for each frame.

    larger: start with larger ones, for a short recording and a network whose strength in crops is not known.
    changes: number of changes of the size. was_weak: whether the last one was for misses in crops, not a try of smaller
    ones. found_share: share of the last trials before it in which the crop was enough, 0..1.
    """

    def __init__(self, *, larger: bool = False) -> None:
        self.changes = 0
        self.was_weak = False
        self.found_share = 1.0
        self._level = int(larger)
        self._score = 0.0
        self._changed_at: float | None = None
        self._retry_s = RETRY_S
        self._trials: deque[bool] = deque(maxlen=SHARE_TRIALS)
        self.restart((0, 0))

    @property
    def least_side_px(self) -> int | None:
        """Smallest side of a crop, pixels; None where frames are to be detected as a whole."""
        return LEAST_SIDES_PX[self._level]

    def restart(self, window_size: tuple[int, int]) -> None:
        """Forget places, and keep the size: the window changes. window_size: (width, height) in pixels."""
        self._window_size = window_size
        self._crops: Sequence[Rectangle] = ()
        self._tracked: frozenset[int] = frozenset()
        self._found_in_crops: set[int] = set()
        self._awaited: dict[int, Box] = {}

    def observe(self, t: float, crops: Sequence[Rectangle], tracked: Mapping[int, TrackedBox]) -> None:
        """Compare the tracks in the frame at `t` seconds with those in the frame before, and adapt the size.

        crops: parts of the window that were detected. tracked: by track, in pixels of the window.
        """
        if tuple(crops) == ((0, 0, *self._window_size),):
            trials = self._trials_of_whole_frame(tracked)
        else:
            trials = self._trials_of_crops(crops, tracked)
        self._tracked = frozenset(tracked)
        self._adapt(t, trials)

    def _trials_of_whole_frame(self, tracked: Mapping[int, TrackedBox]) -> list[bool]:
        self._awaited = {
            track: box
            for track, (confidence, box) in tracked.items()
            if confidence >= MIN_CONFIDENCE and self._is_inside(box)
        }
        found = [True for track in self._awaited if track in self._found_in_crops]
        missed = [
            False for track, box in self._awaited.items() if track not in self._tracked and _covers(self._crops, box)
        ]
        self._found_in_crops.clear()
        self._crops = ()
        return found + missed

    def _trials_of_crops(self, crops: Sequence[Rectangle], tracked: Mapping[int, TrackedBox]) -> list[bool]:
        tried = {track for track, box in self._awaited.items() if _covers(crops, box)}
        self._awaited = {track: tracked[track][1] for track in self._awaited if track in tracked and track not in tried}
        self._found_in_crops.intersection_update(tracked)
        self._found_in_crops.update(track for track, (_, box) in tracked.items() if _covers(crops, box))
        self._crops = crops
        return [track in tracked for track in tried]

    def _is_inside(self, box: Box) -> bool:
        left, top, right, bottom = box
        margin = EDGE_MARGIN * max(right - left, bottom - top)
        width, height = self._window_size
        return left > margin and top > margin and right < width - margin and bottom < height - margin

    def _adapt(self, t: float, trials: Sequence[bool]) -> None:
        """Raise or lower the level. The trials of a frame count as one: light and occlusion are the same in them."""
        if self._changed_at is None:
            self._changed_at = t
        if trials:
            self._trials.extend(trials)
            weights = sum(HIT_WEIGHT if found else MISS_WEIGHT for found in trials)
            self._score = max(0.0, self._score + weights / len(trials))
        if self._score >= WEAK_SCORE and self.least_side_px is not None:
            if self.changes and not self.was_weak:  # smaller crops were tried
                failed_soon = 0 <= t - self._changed_at < self._retry_s
                self._retry_s = min(2 * self._retry_s, MAX_RETRY_S) if failed_soon else RETRY_S
            self._change(t, 1)
        elif self._level and not 0 <= t - self._changed_at < self._retry_s:
            self._change(t, -1)

    def _change(self, t: float, levels: int) -> None:
        self._level += levels
        self._changed_at = t
        self.changes += 1
        self.was_weak = levels > 0
        # A try starts half the way to the limit: where the network is still weak, half the misses suffice.
        self._score = 0.0 if self.was_weak else WEAK_SCORE / 2
        self.found_share = sum(self._trials) / len(self._trials) if self._trials else 1.0
        self._trials.clear()


def _covers(crops: Sequence[Rectangle], box: Box) -> bool:
    """Whether the centre of a box lies in one of the crops."""
    u, v = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(left <= u < right and top <= v < bottom for left, top, right, bottom in crops)
